package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/foredesk/foredesk/internal/crashpoint"
)

// writer is the way into the database for writes. SQLite has one writer, which
// keeps its statements prepared; PostgreSQL has a pool, and pgx does the same.
type writer struct {
	turn  chan struct{} // holds one token while nobody writes
	conn  *sql.Conn     // nil for PostgreSQL
	stmts map[string]*sql.Stmt
}

func (w *writer) open(ctx context.Context, s *Store) (err error) {
	if s.dialect.name != "sqlite" {
		return nil
	}
	w.turn = make(chan struct{}, 1)
	w.turn <- struct{}{}
	w.stmts = make(map[string]*sql.Stmt)
	w.conn, err = s.writes.Conn(ctx)
	return err
}

func (w *writer) close() {
	for _, st := range w.stmts {
		st.Close()
	}
	if w.conn != nil {
		w.conn.Close()
	}
}

// tx is one transaction that writes.
type tx struct {
	s  *Store
	tx *sql.Tx
}

// write runs fn in a transaction, which is committed if fn returns nil. An error
// says what was being done and where.
func (s *Store) write(ctx context.Context, doing string, fn func(*tx) error) error {
	if p := s.broken.Load(); p != nil {
		return fmt.Errorf("%s: nothing is written after an earlier failure: %w", doing, *p)
	}
	if s.writer.conn != nil {
		select {
		case <-s.writer.turn:
			defer func() { s.writer.turn <- struct{}{} }()
		case <-ctx.Done():
			return s.wrap(ctx.Err(), doing)
		}
	}
	crashpoint.Here("journal")
	err := s.wrap(s.transact(ctx, fn), doing)
	crashpoint.Here("journal")
	if diskError(err) == ErrIO {
		s.broken.CompareAndSwap(nil, &err)
	}
	return err
}

func (s *Store) transact(ctx context.Context, fn func(*tx) error) error {
	t := &tx{s: s}
	var err error
	if s.writer.conn != nil {
		// The prepared statements belong to the connection: were a cancelled
		// context to roll back behind our back, the next one would run outside
		// of any transaction. See also prepared.
		t.tx, err = s.writer.conn.BeginTx(context.WithoutCancel(ctx), nil)
	} else {
		t.tx, err = s.writes.BeginTx(ctx, nil)
	}
	if err != nil {
		return err
	}
	defer t.tx.Rollback() // does nothing after a commit; otherwise the transaction is gone either way
	if err := fn(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.tx.Commit()
}

// prepared returns the statement with this text, or nil where the driver keeps them.
// A context is heeded before a statement and not within: each is short, and the
// driver would start a goroutine to wait beside it.
func (t *tx) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	w := &t.s.writer
	if w.conn == nil {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if st := w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err == nil {
		w.stmts[query] = st
	}
	return st, err
}

// kept are args as both databases take them: a text that a server or a sender has made
// may be no UTF-8 or have a NUL, which PostgreSQL refuses, and the whole transaction with it.
func kept(args []any) []any {
	cloned := false
	for i, arg := range args {
		text, ok := arg.(string)
		if !ok || utf8.ValidString(text) && !strings.Contains(text, "\x00") {
			continue
		}
		if !cloned {
			args, cloned = slices.Clone(args), true
		}
		args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "")
	}
	return args
}

// exec returns the number of rows it touched.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	args = kept(args)
	st, err := t.prepared(ctx, query)
	if err != nil {
		return 0, err
	}
	var res sql.Result
	if st != nil {
		res, err = st.ExecContext(context.WithoutCancel(ctx), args...)
	} else {
		res, err = t.tx.ExecContext(ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// each calls scan for every row of a query.
func (t *tx) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	args = kept(args)
	st, err := t.prepared(ctx, query)
	if err != nil {
		return err
	}
	var rows *sql.Rows
	if st != nil {
		rows, err = st.QueryContext(context.WithoutCancel(ctx), args...)
	} else {
		rows, err = t.tx.QueryContext(ctx, query, args...)
	}
	return eachRow(rows, err, scan)
}

func eachRow(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// nextIDs reserves n ids of a table. They grow.
func (t *tx) nextIDs(ctx context.Context, table string, n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	if n == 0 {
		return ids, nil
	}
	err := t.each(ctx, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, fmt.Sprintf(t.s.dialect.nextIDs, table), n)
	for err == nil && len(ids) < n {
		ids = append(ids, ids[len(ids)-1]+1)
	}
	return ids, err
}

// rowsStatement is a statement for n rows. Its prefix names the first parameters,
// up to fixed, in their order; then comes VALUES with a row of parameters for
// each, which are cast to the types in casts where there are any; then suffix.
type rowsStatement struct {
	prefix, suffix string
	fixed, columns int
	casts          string // PostgreSQL can't guess the types of a VALUES list that stands alone
}

// sized is a rowsStatement of n rows.
type sized struct {
	rowsStatement
	n int
}

// cached is r.text(n), made once.
func (s *Store) cached(r rowsStatement, n int) string {
	key := sized{r, n}
	if text, ok := s.texts.Load(key); ok {
		return text.(string)
	}
	text := r.text(n, s.dialect.marker)
	s.texts.Store(key, text)
	return text
}

// text writes the parameters of the rows as marker, or numbered if it is empty.
// Markers take the numbers behind those of the prefix.
func (r rowsStatement) text(n int, marker string) string {
	var b strings.Builder
	casts := strings.Fields(r.casts)
	b.WriteString(r.prefix)
	for row := range n {
		for col := range r.columns {
			b.WriteString(separator(row, col))
			param := marker
			if marker == "" {
				param = "$" + strconv.Itoa(r.fixed+row*r.columns+col+1)
			}
			if row == 0 && len(casts) > 0 {
				param = "CAST(" + param + " AS " + casts[col] + ")"
			}
			b.WriteString(param)
		}
	}
	b.WriteString(")")
	b.WriteString(r.suffix)
	return b.String()
}

func separator(row, col int) string {
	switch {
	case col > 0:
		return ", "
	case row > 0:
		return "), ("
	}
	return "("
}

// execRows runs r over all of args, a few rows at a time, and returns the number
// of rows it touched. The numbers of rows are powers of two, so that there are
// only a few texts to prepare.
func (t *tx) execRows(ctx context.Context, r rowsStatement, fixed, args []any) (int64, error) {
	var touched int64
	for len(args) > 0 {
		n := piece(len(args)/r.columns, t.s.dialect.rows)
		part := slices.Concat(fixed, args[:n*r.columns])
		args = args[n*r.columns:]
		k, err := t.exec(ctx, t.s.cached(r, n), part...)
		if err != nil {
			return 0, err
		}
		touched += k
	}
	return touched, nil
}

// piece is the largest power of two that is at most n and most.
func piece(n, most int) int {
	for most > n {
		most /= 2
	}
	return most
}

// inList is "($from, …)" for n parameters.
func inList(from, n int) string {
	return rowsStatement{fixed: from - 1, columns: n}.text(1, "")
}

// execIn runs a statement that ends before an IN list, over all args.
func (t *tx) execIn(ctx context.Context, query string, fixed, args []any) (int64, error) {
	var touched int64
	for len(args) > 0 {
		n := piece(len(args), t.s.dialect.keys)
		k, err := t.exec(ctx, t.in(query, fixed, n), slices.Concat(fixed, args[:n])...)
		if err != nil {
			return 0, err
		}
		args, touched = args[n:], touched+k
	}
	return touched, nil
}

// eachIn calls scan for every row of a query that ends before an IN list.
func (t *tx) eachIn(ctx context.Context, scan func(*sql.Rows) error, query string, fixed, args []any) error {
	for len(args) > 0 {
		n := piece(len(args), t.s.dialect.keys)
		if err := t.each(ctx, scan, t.in(query, fixed, n), slices.Concat(fixed, args[:n])...); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

func (t *tx) in(query string, fixed []any, n int) string {
	return t.s.cached(rowsStatement{prefix: query, fixed: len(fixed), columns: n}, 1)
}
