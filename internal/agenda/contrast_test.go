package agenda

import (
	"fmt"
	"math"
	"strconv"
	"testing"
)

// contrast is how far two colours are apart, from 1 to 21 (WCAG 2.2).
func contrast(a, b string) (float64, error) {
	one, err := luminance(a)
	if err != nil {
		return 0, err
	}
	other, err := luminance(b)
	if err != nil {
		return 0, err
	}
	return (math.Max(one, other) + 0.05) / (math.Min(one, other) + 0.05), nil
}

func luminance(color string) (float64, error) {
	value, err := strconv.ParseUint(color[min(len(color), 1):], 16, 32)
	if err != nil || len(color) != 7 || color[0] != '#' {
		return 0, fmt.Errorf("%q is no colour of the form #rrggbb", color)
	}
	linear := func(shift uint) float64 {
		c := float64(value>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0), nil
}

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#ffffff", "#ffffff", 1}, {"#767676", "#ffffff", 4.54}, {"#ff0000", "#ffffff", 4}} {
		if got, err := contrast(c.a, c.b); err != nil || math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s on %s: %.2f, %v; not %.2f", c.a, c.b, got, err, c.want)
		}
	}
	if _, err := contrast("red", "#ffffff"); err == nil {
		t.Error("red was measured")
	}
}
