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
// Read account.go for the life of an account (house.go has what it does every minute),
// then plan.go (what is written down), perform.go (what is done with new mail), workoff.go (what is done with
// much at once), apply.go and undo.go, and how others ask for them (request.go). What
// waits for its time is planned at once
// (effects.go) and looked at again when the time comes (takeback.go); what happens
// outside the folders, such as sending mail, is done one thing after another on a
// path of its own (errand.go), and looked for before (sentbefore.go); mail from before
// the first run is left alone (oldmail.go); what a person must approve waits for a word at the
// terminal or by mail (approve.go, answers.go). Schedules are followed in schedule.go;
// what is known of conversations and senders comes from history.go and past.go.
//
// The calendar is followed beside mail, in the same order: calendar.go asks what has
// changed and writes it down together with what the rules make of it; book.go holds
// what is known of the time around now, and occasion.go makes items of events and
// days. What is due is done in put.go: make.go puts events there, free.go finds the
// time for them, answer.go answers, moves and marks what others have put there,
// propose.go offers times. What a search has found for a move, an offer or a conflict is
// written down before it is done. keep.go looks after what was made, and unput.go takes it back.
//
// What a message says is kept in a few sentences when it comes, for the letters to the
// executive (gist.go). A language model may be asked to say it better, and to answer
// what a rule wants to know (model.go).
//
// The letters themselves, one of each kind for a date, are planned by letters.go at
// their local time, and written and sent by deliver.go; sendagenda.go sends one that a
// person asks for. Their lines have links (links.go): what is decided by one is read by
// answers.go, and comes to steps as any other in decide.go. Of one that may have been sent nobody knows until unsure.go has found
// it in the mailbox.
package engine
