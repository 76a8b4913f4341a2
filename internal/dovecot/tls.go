package dovecot

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificate is one for a server to show.
type Certificate struct {
	Until    time.Time
	Host     string // with 127.0.0.1 where it is localhost
	Stranger bool   // signed by an authority that nobody knows
}

// authority signs certificates. It lives as long as its server; its key is kept
// nowhere else.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return authority{key: key, cert: &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Foredesk test authority"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
	}}, err
}

// writeCertificates makes an authority and a server certificate signed by it,
// both of today, and writes ca.pem, cert.pem and key.pem.
func (s *Server) writeCertificates() (err error) {
	if s.authority, err = newAuthority(); err != nil {
		return err
	}
	if err := writeCertificate(s.CAFile(), s.authority.cert, s.authority.cert, s.authority.key, s.authority.key); err != nil {
		return err
	}
	return s.authority.sign(s.Dir, Certificate{Until: time.Now().Add(24 * time.Hour), Host: "localhost"})
}

// sign writes cert.pem and key.pem.
func (a authority) sign(dir string, c Certificate) error {
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: c.Host},
		DNSNames:     []string{c.Host},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     c.Until,
	}
	if c.Host == "localhost" {
		server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeCertificate(filepath.Join(dir, "cert.pem"), server, a.cert, key, a.key); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, "key.pem"), key)
}

// SetCertificate lets the running server show another certificate on connections
// yet to come.
func (s *Server) SetCertificate(c Certificate) {
	s.tb.Helper()
	signer := s.authority
	if c.Stranger {
		var err error
		signer, err = newAuthority()
		s.check(err)
	}
	s.check(signer.sign(s.Dir, c))
	s.Doveadm("reload")
}

func writeCertificate(path string, cert, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) error {
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, parentKey)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}
