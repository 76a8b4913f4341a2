"""Expands calendar files with icalendar and dateutil, for the test that compares them.

Standard input is JSON: {"zone": the reader's, "files": [{"name", "path", "windows": [[from, to]]}]}
with instants in seconds since 1970. Standard output is JSON: for each name a list for
each window of [UID, start, end], or a string that says why there is none.

The two libraries parse, and follow rules and zones of their own. What stands here is
how RFC 5545 puts that together, with the decisions of doc.go where the RFC is silent.
"""
import datetime as dt
import io
import json
import re
import signal
import sys
import zoneinfo

import icalendar
from dateutil import rrule, tz
from icalendar.windows_to_olson import WINDOWS_TO_OLSON

UTC = dt.timezone.utc
DAY = dt.timedelta(days=1)
TIMING = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID"}


class Refused(Exception):
    """An event, or a file, that these libraries give no times of."""


def blocks(text, name):
    """The components of a name, as text, of files that the parser refuses as a whole."""
    text = re.sub(r"\r?\n[ \t]", "", text)
    return re.findall(r"^BEGIN:%s\s*$.*?^END:%s\s*$" % (name, name), text, re.M | re.S | re.I)


def components(text):
    """Events of a file, one by one if it has a mistake somewhere."""
    # Blanks at the end of a line, and behind the commas of a rule, mean nothing.
    text = re.sub(r"^((?:UID|DT|DUR|EX|RR|RD|RE)[^\n]*?)[ \t]+(?=\r?$)", r"\1", text, flags=re.M)
    text = re.sub(r"^RRULE.*$", lambda line: line[0].replace(", ", ","), text, flags=re.M)
    single = blocks(text, "VEVENT")
    try:
        events = [e for c in icalendar.Calendar.from_ical(text, multiple=True) for e in c.walk("VEVENT")]
        if len(events) >= len(single):
            return events
    except (ValueError, IndexError, KeyError, AttributeError, TypeError, AssertionError):
        pass
    events = []
    for block in single:
        try:
            events.append(icalendar.Event.from_ical(block))
        except (ValueError, IndexError, KeyError, AttributeError, TypeError, AssertionError):
            continue
    return events


class Zones:
    def __init__(self, text, reader):
        self.reader, self.own = reader, {}
        for block in blocks(text, "VTIMEZONE"):
            found = re.search(r"^TZID[^:\n]*:(.*)$", block, re.M | re.I)
            if found:
                self.own.setdefault(found[1].strip().replace("\\", ""), self.plain(block))

    @staticmethod
    def plain(block):
        """A definition without what dateutil does not know, and with a name."""
        lines = [line for line in block.splitlines() if not line.upper().startswith(("X-", "LAST-", "COMMENT"))]
        return "\n".join("TZID:unnamed" if line.strip().upper() == "TZID:" else line for line in lines)

    def named(self, tzid):
        """IANA, Windows, a path that ends in an IANA name, a number behind it, or the file's own."""
        tzid = tzid.strip().strip('"').replace("\\", "")
        short = re.sub(r"\s*\d+$", "", tzid) if " " in tzid else tzid
        for name in (tzid, short, *self.tails(tzid)):
            if name.upper() in ("UTC", "Z"):
                return UTC
            name = WINDOWS_TO_OLSON.get(name, name)
            try:
                return zoneinfo.ZoneInfo(name.replace(" ", "_") if "/" in name else name)
            except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
                continue
        block = self.own.get(tzid) or self.own.get(re.sub(r"\s*\d+$", "", tzid))
        if block is None:
            raise Refused("unknown zone")
        try:
            return tz.tzical(io.StringIO(block)).get()
        except (ValueError, AttributeError, TypeError) as err:
            raise Refused("its zone can't be followed: %s" % err)

    @staticmethod
    def tails(tzid):
        """The ends of a vendor's path: /vendor.example/Europe/Paris, Europe/Paris, Paris."""
        parts = tzid.split("/") if tzid.startswith("/") else []
        for n in range(1, len(parts)):
            yield "/".join(parts[n:])

    def instant(self, wall, zone):
        """What a clock shows, as an instant; twice means the first, never the offset before."""
        return int((wall.replace(tzinfo=zone, fold=0) - dt.datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


class Moment:
    """A date or time as the file has it: what the clock shows, and where the clock hangs."""

    def __init__(self, value, params, zones, home):
        self.day = not isinstance(value, dt.datetime)
        if self.day:
            self.wall, self.zone = dt.datetime.combine(value, dt.time()), zones.reader
            return
        self.wall = value.replace(tzinfo=None)
        if value.tzinfo is not None and value.utcoffset() == dt.timedelta(0) and "TZID" not in params:
            self.zone = UTC
        elif "TZID" in params:
            tzid = params["TZID"]
            self.zone = zones.named(tzid if isinstance(tzid, str) else ",".join(tzid))
        else:
            self.zone = home or zones.reader
        if value.tzinfo is not None and getattr(value.tzinfo, "zone", "") == "UTC":
            self.zone = UTC


class Event:
    def __init__(self, c, zones):
        if any(name in TIMING for name, _ in getattr(c, "errors", [])):
            raise Refused("a time of it can't be read")
        self.zones, self.uid = zones, str(c.get("UID", "")).strip()
        try:
            self.sequence = int(c.get("SEQUENCE", 0))
        except (ValueError, TypeError):
            self.sequence = 0
        self.title = str(c.get("SUMMARY", ""))
        if "DTSTART" not in c or isinstance(c["DTSTART"], list):
            raise Refused("no start, or several")
        self.start = self.moment(c["DTSTART"], None)
        self.home = self.start.zone
        self.length(c)
        self.replaces = self.moment(c["RECURRENCE-ID"], self.home) if "RECURRENCE-ID" in c else None
        self.following = self.replaces is not None and c["RECURRENCE-ID"].params.get("RANGE", "").upper() == "THISANDFUTURE"
        self.rules, self.exrules = self.read_rules(c, "RRULE"), self.read_rules(c, "EXRULE")
        self.dates, self.skip = self.read_dates(c, "RDATE"), self.read_dates(c, "EXDATE")

    def moment(self, prop, home):
        return Moment(prop.dt, getattr(prop, "params", {}), self.zones, home)

    def length(self, c):
        self.days, self.exact = 0, dt.timedelta()
        if "DTEND" in c:
            end = self.moment(c["DTEND"], self.home)
            if end.day != self.start.day:
                raise Refused("a date and a time")
            if self.start.day:
                self.days = max(1, (end.wall - self.start.wall).days)
                if end.wall < self.start.wall:
                    raise Refused("it ends before it starts")
            else:
                seconds = self.zones.instant(end.wall, end.zone) - self.zones.instant(self.start.wall, self.home)
                if seconds < 0:
                    raise Refused("it ends before it starts")
                self.exact = dt.timedelta(seconds=seconds)
        elif "DURATION" in c:
            self.days, self.exact = spoken(c["DURATION"].to_ical().decode(), c["DURATION"].dt)
            if self.start.day:
                self.days, self.exact = max(1, self.days + self.exact.days), dt.timedelta()
        elif self.start.day:
            self.days = 1

    def end(self, wall, zone):
        at = self.zones.instant(wall + self.days * DAY, zone) if self.days else self.zones.instant(wall, zone)
        return at + int(self.exact.total_seconds())

    def read_rules(self, c, name):
        found = c.get(name, [])
        return [self.rule(r.to_ical().decode()) for r in (found if isinstance(found, list) else [found])]

    def rule(self, text):
        parts = dict(p.split("=", 1) for p in text.upper().split(";") if "=" in p)
        until = parts.pop("UNTIL", None)
        try:
            made = rrule.rrulestr(";".join("%s=%s" % p for p in parts.items()), dtstart=self.start.wall)
            if "COUNT" in parts and self.start.wall not in made:
                made = made.replace(count=int(parts["COUNT"]) - 1)  # the start counts
            if until:
                made = made.replace(until=self.until(until))
        except (ValueError, TypeError, KeyError) as err:
            raise Refused("a rule: %s" % err)
        return made

    def until(self, text):
        if len(text) == 8 or self.start.day:
            return dt.datetime.strptime(text[:8], "%Y%m%d") + DAY - dt.timedelta(seconds=1)
        at = dt.datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")
        if text.endswith("Z"):
            at = at.replace(tzinfo=UTC).astimezone(self.home).replace(tzinfo=None)
        return at

    def read_dates(self, c, name):
        """Moments with the end of a period, if one is given."""
        all = []
        found = c.get(name, [])
        for prop in found if isinstance(found, list) else [found]:
            for value in prop.dts:
                end = None
                if isinstance(value.dt, tuple):
                    begin, end = value.dt
                else:
                    begin = value.dt
                m = Moment(begin, prop.params, self.zones, self.home)
                if isinstance(end, dt.datetime):
                    end = Moment(end, prop.params, self.zones, self.home)
                    end = self.zones.instant(end.wall, end.zone)
                elif end is not None:
                    end = self.zones.instant(m.wall, m.zone) + int(end.total_seconds())
                all.append((m, end))
        return all

    def instances(self, before):
        """Start on the wall, zone and end of all that begins before a wall time."""
        given = {}
        for m, end in self.dates:
            given.setdefault(self.zones.instant(m.wall, m.zone), (m.wall, m.zone, end))
        walls = {self.start.wall}
        for rule in self.rules:
            walls.update(rule.between(dt.datetime(1, 1, 1), before, inc=True))
        for wall in walls:
            given.setdefault(self.zones.instant(wall, self.home), (wall, self.home, None))
        gone, days = set(), set()
        for rule in self.exrules:
            gone.update(self.zones.instant(w, self.home) for w in rule.between(dt.datetime(1, 1, 1), before, inc=True))
        for m, _ in self.skip:
            if m.day or self.start.day:
                days.add(m.wall.date())
            if not m.day:
                floats = self.home is self.zones.reader and m.zone is UTC
                gone.add(self.zones.instant(m.wall, self.home if floats else m.zone))
        return {at: i for at, i in given.items() if at not in gone and i[0].date() not in days}


def spoken(text, value):
    """Days of the calendar and exact time of a DURATION, of which timedelta knows no difference."""
    found = re.match(r"^[+-]?P(?:(\d+)W)?(?:(\d+)D)?", text)
    days = int(found[1] or 0) * 7 + int(found[2] or 0) if found else 0
    return days, value - days * DAY


def newest(events):
    """Of events that are one, the highest SEQUENCE; of the same, the last."""
    best = max(e.sequence for e in events)
    kept = {}
    for e in events:
        if e.sequence == best:
            kept[(e.zones.instant(e.start.wall, e.home), e.days, e.exact, e.title, len(e.rules), len(e.dates))] = e
    return list(kept.values())


def expand(text, zones, windows):
    groups = {}
    for n, c in enumerate(components(text)):
        try:
            e = Event(c, zones)
        except Exception:  # whatever they stumble over: the event is then one they don't have
            continue
        groups.setdefault(e.uid or n, []).append(e)
    horizon = dt.datetime.fromtimestamp(max(to for _, to in windows), UTC).replace(tzinfo=None) + 2 * DAY
    found = []
    for group in groups.values():
        found += series(group, zones, horizon)
    return [sorted([u, a, b] for u, a, b in found if a < to and (b > begin or a == b and a >= begin)) for begin, to in windows]


def series(group, zones, horizon):
    masters = [e for e in group if e.replaces is None]
    following = [e for e in group if e.following]
    changed = {}
    for e in group:
        if e.replaces is not None and not e.following:
            at = zones.instant(e.replaces.wall, e.replaces.zone)
            if at not in changed or e.sequence >= changed[at].sequence:
                changed[at] = e
    found = []
    for e in changed.values():
        at = zones.instant(e.start.wall, e.home)
        found.append((e.uid, at, e.end(e.start.wall, e.home)))
    days = {e.replaces.wall.date() for e in changed.values() if e.replaces.day}
    if not masters:
        masters, following = following, []
    for e in newest(masters) if masters else []:
        for at, (wall, zone, end) in e.instances(horizon).items():
            if at in changed or wall.date() in days:
                continue
            if any(zones.instant(f.replaces.wall, f.replaces.zone) <= at for f in following):
                raise Refused("it changes all that follow, which this script does not know")
            found.append((e.uid, at, e.end(wall, zone) if end is None else end))
    return found


def expired(*_):
    raise Refused("it takes too long")


def main():
    asked = json.load(sys.stdin)
    reader, answer = zoneinfo.ZoneInfo(asked["zone"]), {}
    signal.signal(signal.SIGALRM, expired)
    for file in asked["files"]:
        with open(file["path"], "rb") as f:
            raw = f.read()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
        signal.alarm(30)
        try:
            answer[file["name"]] = expand(text, Zones(text, reader), file["windows"])
        except Exception as err:  # whatever it is, the file is then one of the differences
            answer[file["name"]] = "%s: %s" % (type(err).__name__, err)
        signal.alarm(0)
    json.dump(answer, sys.stdout)


main()
