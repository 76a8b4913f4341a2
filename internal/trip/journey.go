package trip

import (
	"cmp"
	"strings"
	"time"
	"unicode"

	"github.com/foredesk/foredesk/rules"
)

// journey says under which names a kind of journey tells what.
type journey struct {
	kind, word   string // flight, "Flight"
	number, name string // of the train
	from, to     string
	most         time.Duration // longer than that, the end is not believed
}

var (
	byAir   = journey{"flight", "Flight", "flightNumber", "", "departureAirport", "arrivalAirport", 24 * time.Hour}
	byTrain = journey{"train", "Train", "trainNumber", "trainName", "departureStation", "arrivalStation", 72 * time.Hour}
	byBus   = journey{"bus", "Bus", "busNumber", "busName", "departureBusStop", "arrivalBusStop", 72 * time.Hour}
	byBoat  = journey{"ferry", "Ferry", "", "name", "departureBoatTerminal", "arrivalBoatTerminal", 30 * 24 * time.Hour}
)

// journeys are those kinds by what schema.org calls the reservation and the leg.
var journeys = map[string]journey{
	"FlightReservation": byAir, "Flight": byAir,
	"TrainReservation": byTrain, "TrainTrip": byTrain,
	"BusReservation": byBus, "BusTrip": byBus,
	"BoatReservation": byBoat, "BoatTrip": byBoat,
}

// usualJourney is how long a leg is taken to last that does not tell its end.
const usualJourney = 2 * time.Hour

// journey reads one leg.
func (b booking) journey(j journey) (rules.Trip, bool) {
	from, to := b.subject.thing(j.from, "departureLocation"), b.subject.thing(j.to, "arrivalLocation")
	find := station
	if j.kind == "flight" {
		find = airport
	}
	start, end := find(from), find(to)
	m, ok := readMoment(b.subject.text("departureTime", "departureDay", "departureDate"))
	if !ok {
		return rules.Trip{}, false
	}
	if b.provider == "" || j.kind == "flight" {
		b.provider = cmp.Or(b.carrier(), b.provider)
	}
	t := b.start(j.kind, m, start)
	b.end(&t, b.subject.text("arrivalTime"), end, usualJourney, j.most)
	t.Number = b.number(j)
	t.From, t.To = rules.NewText(start.name), rules.NewText(end.name)
	t.Title = rules.NewText(clean(j.title(t.Number, start.name, end.name), maxText))
	return t, start.name != "" || end.name != "" || t.Number != ""
}

// carrier is who goes.
func (b booking) carrier() string {
	name := b.subject.text("airline", "provider", "seller", "operatedBy", "carrier")
	return clean(properCase(name), maxText)
}

// number is that of the flight or train, as timetables print it: "LH 456",
// "ICE 578".
func (b booking) number(j journey) string {
	number, name := clean(b.subject.text(j.number), maxCode), clean(b.subject.text(j.name), maxCode)
	switch {
	case j.kind == "flight":
		return flightNumber(b.subject.thing("airline", "provider", "seller").text("iataCode"), number)
	case j.kind == "ferry" || number == "" && !hasDigit(name):
		return ""
	case number == "" || name != "" && strings.Contains(name, number):
		return name
	case name != "" && !hasDigit(name) && !strings.Contains(name, " ") && !strings.Contains(number, name):
		return name + " " + number // "ICE", "Eurostar"
	}
	return number
}

func hasDigit(s string) bool { return strings.IndexFunc(s, unicode.IsDigit) >= 0 }

// flightNumber writes "LH0456", "LH456", "456" of the airline LH as "LH 456".
func flightNumber(airline, number string) string {
	airline = strings.ToUpper(clean(airline, maxCode))
	number = strings.ToUpper(strings.ReplaceAll(number, " ", ""))
	if number == "" {
		return ""
	}
	if airline == "" && len(number) > 2 && !isDigits(number[:2]) {
		airline = number[:2]
	}
	number = strings.TrimPrefix(number, airline)
	if trimmed := strings.TrimLeft(number, "0"); trimmed != "" {
		number = trimmed
	}
	return clean(airline+" "+number, maxCode)
}

func isDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// title is "LH 456 Frankfurt (FRA) to London (LHR)".
func (j journey) title(number, from, to string) string {
	words := []string{j.word, number}
	if number != "" && !isDigits(number[:1]) {
		words = words[1:]
	}
	switch {
	case from != "" && to != "":
		words = append(words, from, "to", to)
	case from != "":
		words = append(words, "from", from)
	case to != "":
		words = append(words, "to", to)
	}
	return strings.Join(words, " ")
}

// hireCar reads a car that is taken at one place and brought back to one.
func (b booking) hireCar() (rules.Trip, bool) {
	from, to := station(b.about.thing("pickupLocation")), station(b.about.thing("dropoffLocation", "pickupLocation"))
	m, ok := readMoment(b.about.text("pickupTime", "pickupDate"))
	if !ok {
		return rules.Trip{}, false
	}
	b.provider = cmp.Or(b.provider, clean(b.subject.text("rentalCompany", "provider"), maxText))
	t := b.start("car", m, from)
	b.end(&t, b.about.text("dropoffTime", "dropoffDate"), to, time.Hour, 120*24*time.Hour)
	t.From, t.To = rules.NewText(from.name), rules.NewText(to.name)
	t.Title = rules.NewText(clean("Hire car: "+joined(cmp.Or(b.provider, clean(b.subject.plain("name"), maxText)), from.name), maxText))
	return t, true
}

// taxi reads a ride.
func (b booking) taxi() (rules.Trip, bool) {
	from, to := station(b.about.thing("pickupLocation")), station(b.about.thing("dropoffLocation"))
	m, ok := readMoment(b.about.text("pickupTime"))
	if !ok {
		return rules.Trip{}, false
	}
	t := b.start("car", m, from)
	b.end(&t, b.about.text("dropoffTime"), to, time.Hour, 24*time.Hour)
	t.From, t.To = rules.NewText(from.name), rules.NewText(to.name)
	title := "Taxi"
	if from.name != "" {
		title += " from " + from.name
	}
	if to.name != "" {
		title += " to " + to.name
	}
	t.Title = rules.NewText(clean(title, maxText))
	return t, true
}

// joined puts a comma between what there is.
func joined(parts ...string) string {
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, part)
		}
	}
	return strings.Join(there, ", ")
}
