// SPDX-License-Identifier: Apache-2.0

// A peer that has nothing of svidwrap in it: go-spiffe as a program would use it, with an X.509-SVID from the Workload
// API and one SPIFFE ID that the other end must have.
//
// server: sends back what comes while it comes, and once the peer has ended how many bytes that were. client: sends its
// standard input, ends its side, writes what comes back to its standard output; with -lines each line on a connection
// of its own. What happened is told on standard error, one line each.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

const patience = 30 * time.Second // for the agent, for a connection

func tell(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func serial(cert *x509.Certificate) string { return fmt.Sprintf("%x", cert.SerialNumber.Bytes()) }

// newSource has an SVID when it returns; says each one that follows.
func newSource(socket string) (*workloadapi.X509Source, error) {
	var options []workloadapi.X509SourceOption
	if socket != "" { // else SPIFFE_ENDPOINT_SOCKET
		options = append(options, workloadapi.WithClientOptions(workloadapi.WithAddr(socket)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	source, err := workloadapi.NewX509Source(ctx, options...)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			svid, err := source.GetX509SVID()
			if err != nil {
				return
			}
			tell("own %s serial %s", svid.ID, serial(svid.Certificates[0]))
			if source.WaitUntilUpdated(context.Background()) != nil {
				return
			}
		}
	}()
	return source, nil
}

// greet ends the handshake and says with whom it was.
func greet(conn *tls.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if err := conn.Handshake(); err != nil {
		return err
	}
	leaf := conn.ConnectionState().PeerCertificates[0]
	id, err := x509svid.IDFromCert(leaf)
	if err != nil {
		return err
	}
	tell("peer %s serial %s", id, serial(leaf))
	return nil
}

func serveOne(conn *tls.Conn) {
	defer conn.Close()
	if err := greet(conn); err != nil {
		tell("refused: %v", err)
		return
	}
	n, err := io.Copy(conn, conn)
	if err != nil {
		tell("broken after %d bytes: %v", n, err)
		return
	}
	fmt.Fprintf(conn, "%d bytes\n", n)
	tell("served %d bytes", n)
}

func serve(address string, config *tls.Config) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go serveOne(tls.Server(conn, config))
	}
}

func talk(address string, config *tls.Config, in io.Reader) error {
	tcp, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return err
	}
	conn := tls.Client(tcp, config)
	defer conn.Close()
	if err := greet(conn); err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(conn, in)
		if err == nil {
			err = conn.CloseWrite()
		}
		sent <- err
	}()
	n, err := io.Copy(os.Stdout, conn)
	if err != nil {
		return fmt.Errorf("broken after %d bytes: %w", n, err)
	}
	if err := <-sent; err != nil {
		return err
	}
	tell("heard %d bytes", n)
	return nil
}

// talkLines goes on after a connection that failed; the last line decides.
func talkLines(address string, config *tls.Config) (err error) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err = talk(address, config, bytes.NewReader(append(lines.Bytes(), '\n'))); err != nil {
			tell("refused: %v", err)
		}
	}
	return err
}

func run() error {
	socket := flag.String("socket", "", "the Workload API `address`; default: SPIFFE_ENDPOINT_SOCKET")
	peer := flag.String("peer", "", "the SPIFFE `ID` that the other end must have")
	lines := flag.Bool("lines", false, "client: each line on a connection of its own")
	flag.Parse()
	if flag.NArg() != 2 {
		return fmt.Errorf("usage: gospiffe [-socket ADDRESS] -peer ID [-lines] server|client HOST:PORT")
	}
	role, address := flag.Arg(0), flag.Arg(1)
	id, err := spiffeid.FromString(*peer)
	if err != nil {
		return err
	}
	source, err := newSource(*socket)
	if err != nil {
		return err
	}
	defer source.Close()
	only := tlsconfig.AuthorizeID(id)
	client := tlsconfig.MTLSClientConfig(source, source, only)
	switch {
	case role == "server":
		return serve(address, tlsconfig.MTLSServerConfig(source, source, only))
	case role == "client" && *lines:
		return talkLines(address, client)
	case role == "client":
		return talk(address, client, os.Stdin)
	}
	return fmt.Errorf("%s: neither server nor client", role)
}

func main() {
	if err := run(); err != nil {
		tell("refused: %v", err)
		os.Exit(1)
	}
}
