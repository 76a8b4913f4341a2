package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// reservations is what a mail tells machines of what is booked, as carriers and
// hotels do (https://schema.org/Reservation, in JSON-LD). Each field Markup of the
// entry is one leg or stay, in one of the forms
//
//	flight; QX7LMN; SK 1871; LHR; HAM; +5 07:25; +5 10:00
//	train; TL4471; 1D05; London King's Cross; Leeds; -4 07:03; -4 09:17
//	hotel; 40718; Hotel Adlerhof; Hamburg; DE; +5; +6
//
// with days as everywhere and times as they are on the spot.
func (l *letter) reservations() (string, error) {
	var all []any
	for _, f := range l.fields {
		if f.name != "Markup" {
			continue
		}
		one, err := l.reservation(strings.Split(f.value, ";"))
		if err != nil {
			return "", fmt.Errorf("the field Markup: %w", err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return "", nil
	}
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return "", fmt.Errorf("the field Markup: %w", err)
	}
	return "<script type=\"application/ld+json\">\n" + string(b) + "\n</script>", nil
}

func (l *letter) reservation(f []string) (map[string]any, error) {
	if len(f) != 7 {
		return nil, fmt.Errorf("want seven parts, not %d", len(f))
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	times := [2]string{}
	for i, text := range f[5:] {
		var err error
		if times[i], err = l.localTime(text); err != nil {
			return nil, err
		}
	}
	kind := map[string]string{"flight": "FlightReservation", "train": "TrainReservation", "hotel": "LodgingReservation"}[f[0]]
	r := map[string]any{
		"@context": "http://schema.org", "@type": kind, "reservationNumber": f[1],
		"reservationStatus": "http://schema.org/ReservationConfirmed", "underName": map[string]any{"@type": "Person", "name": "Dana Whitfield"},
	}
	switch f[0] {
	case "flight":
		carrier, _, _ := strings.Cut(f[2], " ")
		r["reservationFor"] = map[string]any{
			"@type": "Flight", "flightNumber": f[2], "airline": map[string]any{"@type": "Airline", "name": "Skyways", "iataCode": carrier},
			"departureAirport": map[string]any{"@type": "Airport", "iataCode": f[3]}, "departureTime": times[0],
			"arrivalAirport": map[string]any{"@type": "Airport", "iataCode": f[4]}, "arrivalTime": times[1],
		}
	case "train":
		r["reservationFor"] = map[string]any{
			"@type": "TrainTrip", "trainNumber": f[2], "provider": map[string]any{"@type": "Organization", "name": "RailGo"},
			"departureStation": station(f[3]), "departureTime": times[0], "arrivalStation": station(f[4]), "arrivalTime": times[1],
		}
	case "hotel":
		r["checkinTime"], r["checkoutTime"] = times[0], times[1]
		r["reservationFor"] = map[string]any{
			"@type": "Hotel", "name": f[2],
			"address": map[string]any{"@type": "PostalAddress", "addressLocality": f[3], "addressCountry": f[4]},
		}
	default:
		return nil, fmt.Errorf("%q is neither flight, train nor hotel", f[0])
	}
	return r, nil
}

func station(name string) map[string]any {
	return map[string]any{"@type": "TrainStation", "name": name}
}

// localTime reads "+5 07:25" as a time without an offset, and "+5" as a date.
func (l *letter) localTime(text string) (string, error) {
	word, at, timed := strings.Cut(text, " ")
	day, err := dayOf(l.now, word)
	if err != nil {
		return "", err
	}
	if !timed {
		return day.Format(time.DateOnly), nil
	}
	if _, err := time.Parse("15:04", at); err != nil {
		return "", fmt.Errorf("%q is no clock time: write 09:14", at)
	}
	return day.Format(time.DateOnly) + "T" + at + ":00", nil
}
