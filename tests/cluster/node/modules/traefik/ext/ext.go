// Package ext stands for the module in Traefik's repository where builds of other people put fields of their own: it is
// never published, and empty there too.
package ext

// HTTP extends the dynamic configuration.
type HTTP struct{}

// Router extends that of a router.
type Router struct{}
