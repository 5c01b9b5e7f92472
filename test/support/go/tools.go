//go:build tools

// Package tools pins the Go programs the tests talk to: a registry of the OCI 1.1 kind and a peer client.
package tools

import (
	_ "github.com/google/go-containerregistry/cmd/crane"
	_ "github.com/olareg/olareg/cmd/olareg"
)
