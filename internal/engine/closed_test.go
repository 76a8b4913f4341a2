package engine_test

import (
	"testing"

	"golang.org/x/tools/txtar"
)

// Where the folder that a message was in can't be opened any more, nothing tells whether
// a move of it was done whose answer was lost. That is said, and not that it failed; nor is
// the copy taken for that of one just like it.
func TestAFolderIsClosedWhileAMoveFromItIsInDoubt(t *testing.T) {
	const rule = `-- rules.yaml --
version: 1
rules:
  - name: Board
    when: subject contains "board"
    do: {file: Board}
-- script --
deliver board-x Board
deliver board Other ago=30h
`
	for name, script := range map[string]string{
		"one message": `run
cut after MOVE
! apply Other
close Other
run
close nothing
run
folders
    Board: board, board-x
journal
    board: Board / file: uncertain
`,
		"two just alike": `deliver board ago=30h
run
cut after MOVE
! apply Other INBOX
close Other
run
close nothing
run
folders
    INBOX: board
    Board: board, board-x
journal
    board: Board / file: uncertain
    board#2: Board / file: uncertain
`,
	} {
		t.Run(name, func(t *testing.T) {
			play(t, txtar.Parse([]byte(rule+script)), func(can string) imapServer { return startMemory(t, can) }, sqlite(t))
		})
	}
}
