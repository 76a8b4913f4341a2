package hook

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

var (
	errNotPublic = errors.New("is not a public address")
	errPort      = errors.New("is not on port 443")
)

// reserved are the ranges that look like those of the internet and are not
// (IANA special-purpose address registries, RFC 6890). Ranges in which an IPv6
// address carries an IPv4 one are among them: a private one could hide there.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by a provider's customers
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // documentation
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // measurements
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // Teredo and others
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("3fff::/20"),
}

// internet6 is the part of IPv6 that is given out for the internet. Loopback,
// private, link-local, NAT64 and all that is not yet given out lie outside.
var internet6 = netip.MustParsePrefix("2000::/3")

// Public refuses an address that is not on the internet, or not port 443.
func Public(to netip.AddrPort) error {
	addr := to.Addr().Unmap()
	switch {
	case !addr.IsGlobalUnicast(), addr.IsPrivate(), addr.Zone() != "", addr.Is6() && !internet6.Contains(addr):
		return errNotPublic
	case to.Port() != 443:
		return errPort
	}
	for _, r := range reserved {
		if r.Contains(addr) {
			return errNotPublic
		}
	}
	return nil
}

// guarded dials only what reach allows. It asks about the address that is about
// to be connected to and not about a name, so a name that means something else
// the second time it is looked up gains nothing.
func guarded(reach func(netip.AddrPort) error) *net.Dialer {
	return &net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return errNotPublic
		}
		return reach(to)
	}}
}
