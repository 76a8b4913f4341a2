package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/errand"
	"github.com/foredesk/foredesk/internal/files"
	"github.com/foredesk/foredesk/internal/hook"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

// equip gives a desk what it needs for errands: all of it may be missing, and
// only the errands that need it fail then.
func (d *desk) equip() error {
	d.tools = &errand.Desk{
		Author: mail.Author{Identity: d.identity(), Name: d.FullName}, Hooks: &hook.Client{}, Assistant: d.Assistant, Executive: d.Addresses[0], Zone: d.Location,
	}
	if s := d.SMTP; s != nil {
		cfg := mail.SMTP{Host: s.Host, Port: s.Port, TLS: string(s.TLS), CAFile: s.CAFile, User: s.User, Auth: string(s.Auth)}
		if s.User != "" {
			cfg.Secret, cfg.Refused = d.secretOf(*s)
		}
		sender, err := mail.NewSender(cfg)
		if err != nil {
			return err
		}
		d.tools.Sender = sender
	}
	if d.Files != "" {
		box, err := files.Open(d.Files)
		if err != nil {
			return err
		}
		d.tools.Box = box
	}
	return d.equipWebhooks()
}

func (d *desk) equipWebhooks() error {
	if d.Webhooks == (config.Secret{}) {
		return nil
	}
	text, err := d.Webhooks.Reveal(context.Background())
	if err == nil {
		d.tools.Secret, err = hook.ParseSecret(strings.TrimSpace(text))
	}
	if err != nil {
		return fmt.Errorf("the secret of webhooks: %w", err)
	}
	return nil
}

// loadRules reads a rules file, and the texts of drafts and replies that stand in
// the folder templates beside it.
func loadRules(file string, options rules.Options) (*rules.Set, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the rules: %w. Name the right file, or make it readable", err)
	}
	if options.Templates, err = readTemplates(os.DirFS(filepath.Dir(file))); err != nil {
		return nil, err
	}
	options.Found = foundIn
	return rules.Load(file, data, options)
}

const maxTemplates = 200

// readTemplates reads templates/NAME.txt below a folder, by NAME.
func readTemplates(folder fs.FS) (map[string]string, error) {
	texts := map[string]string{}
	names, err := fs.Glob(folder, "templates/*.txt")
	if err != nil {
		return nil, err
	}
	if len(names) > maxTemplates {
		return nil, fmt.Errorf("the folder templates has %d texts; at most %d are read", len(names), maxTemplates)
	}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed just now
		}
		if err != nil {
			return nil, fmt.Errorf("reading a template: %w", err)
		}
		texts[strings.TrimSuffix(filepath.Base(name), ".txt")] = string(text)
	}
	return texts, nil
}

// foundIn reads what stands in the text of a test's mail.
func foundIn(text string, received time.Time) rules.Found {
	return mail.Found(text, received, when.Calendar{Now: received})
}

// calendarOf is by what dates in prose are read for a set of rules.
func calendarOf(set *rules.Set) when.Calendar {
	days, from, to, holidays := set.WorkWeek()
	return when.Calendar{Now: time.Now().In(set.Timezone), WorkDays: days, WorkFrom: from, WorkTo: to, Holidays: holidays, DayFirst: !strings.HasPrefix(set.Timezone.String(), "America/")}
}

// letters are the mails to the executive; nil where the account has none.
func (d *desk) letters() *engine.Letters {
	a := d.Agenda
	if a == nil {
		return nil
	}
	l := &engine.Letters{At: a.At, Evening: a.Evening, Days: a.Days, To: a.To, Cc: a.Cc, Language: agenda.LanguageOf(a.Language)}
	if a.Review != nil {
		l.Review = &engine.ReviewAt{On: a.Review.On, At: a.Review.At, To: a.Review.To}
	}
	return l
}
