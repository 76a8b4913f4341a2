package trip

import (
	"cmp"
	"strings"
	"time"

	"github.com/foredesk/foredesk/rules"
)

// booking is one thing that is reserved, with what the reservation says of it.
type booking struct {
	about     *thing // the reservation
	subject   *thing // what is reserved: a flight, a hotel; never nil
	code      string
	passenger string
	provider  string
	cancelled bool
	home      *time.Location // the account's zone
}

// isReservation says that a thing is a Reservation of some kind.
func (t *thing) isReservation() bool {
	for _, kind := range t.types {
		if strings.HasSuffix(kind, "Reservation") || kind == "ReservationPackage" {
			return true
		}
	}
	return false
}

// bookings finds the reservations in a thing, those of packages one by one. What
// is no part of a reservation, such as an event that is advertised, is none.
func bookings(t *thing, outer booking, take func(booking)) {
	if !t.isReservation() {
		for _, p := range t.says {
			if p.thing != nil {
				bookings(p.thing, outer, take)
			}
		}
		return
	}
	b := outer.of(t)
	parts := t.things("subReservation")
	for _, part := range parts {
		if part.isReservation() {
			bookings(part, b, take)
		}
	}
	subjects := t.things("reservationFor")
	if len(subjects) == 0 && len(parts) == 0 {
		subjects = []*thing{{}} // a taxi needs no more than where and when
	}
	for _, subject := range subjects {
		b.subject = subject
		take(b)
	}
}

// of is the booking that a reservation inside of this one makes.
func (b booking) of(t *thing) booking {
	b.about = t
	b.code = cmp.Or(clean(t.text("reservationNumber", "reservationId", "confirmationNumber"), maxCode), b.code)
	b.passenger = cmp.Or(clean(t.text("underName"), maxText), b.passenger)
	b.provider = cmp.Or(clean(t.text("provider", "broker", "bookingAgent"), maxText), b.provider)
	b.cancelled = b.cancelled || isCancelled(t.text("reservationStatus"))
	return b
}

// isCancelled reads ReservationStatusType and what is written for it:
// "http://schema.org/ReservationCancelled", "Canceled".
func isCancelled(status string) bool {
	return strings.Contains(strings.ToLower(bare(status)), "cancel")
}

// trip makes a trip of the booking. It says no where there is no time, or nothing
// that we know.
func (b booking) trip() (rules.Trip, bool) {
	for _, own := range [][]string{b.about.types, b.subject.types} {
		for _, kind := range own {
			if j, ok := journeys[kind]; ok {
				return b.journey(j)
			}
			switch kind {
			case "RentalCarReservation", "RentalCar", "Car":
				return b.hireCar()
			case "TaxiReservation", "Taxi", "TaxiService":
				return b.taxi()
			case "LodgingReservation", "LodgingBusiness", "Hotel", "Motel", "Hostel", "Resort", "BedAndBreakfast",
				"Accommodation", "Apartment", "House", "VacationRental", "Campground":
				return b.hotel()
			case "FoodEstablishmentReservation", "FoodEstablishment", "Restaurant", "CafeOrCoffeeShop", "BarOrPub":
				return b.restaurant()
			}
			if kind == "EventReservation" || strings.HasSuffix(kind, "Event") {
				return b.event()
			}
		}
	}
	return rules.Trip{}, false
}

// start is a trip that begins as a moment says.
func (b booking) start(kind string, m moment, p place) rules.Trip {
	t := rules.Trip{
		Kind: kind, Code: b.code, Provider: rules.NewText(b.provider), Passenger: rules.NewText(b.passenger),
		Cancelled: b.cancelled, AllDay: m.day, Confidence: certain,
	}
	t.Start, t.StartZone, t.Confidence = m.at(p, b.home)
	return t
}

// end sets when the trip ends. What is missing, or before the start, or later than
// at most, is taken to be as long as usual.
func (b booking) end(t *rules.Trip, text string, p place, usual, most time.Duration) {
	t.EndZone = t.StartZone
	if p.zone != nil {
		t.EndZone = p.zone.String()
	}
	if t.AllDay {
		t.End = t.Start.AddDate(0, 0, 1)
		t.Confidence = min(t.Confidence, likely)
		return
	}
	if m, ok := readMoment(text); ok && !m.day {
		end, _, sure := m.at(p, b.home)
		if end.After(t.Start) && end.Sub(t.Start) <= most {
			t.End, t.Confidence = end, min(t.Confidence, sure)
			return
		}
	}
	t.End, t.Confidence = t.Start.Add(usual), min(t.Confidence, likely)
}
