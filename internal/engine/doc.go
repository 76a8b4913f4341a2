// Package engine is the loop at the heart of foredesk: item → plan → journal →
// perform → undo. One Account value owns one executive's desk.
//
// The order is what the promises rest on. What the rules make of new mail is
// written into the journal in one transaction with how far the folder has been
// seen; a step is marked as started before the server hears of it, and as done
// when the server has confirmed it. After a crash a started step is looked for
// on the server before it is tried again. A step's key is of the message's
// content, the rule and the action, so nothing is done twice, wherever a message
// comes back.
//
// Read account.go for the life of an account, then plan.go (what is written
// down), perform.go (what is done with new mail), workoff.go (what is done with
// much at once), apply.go and undo.go.
package engine
