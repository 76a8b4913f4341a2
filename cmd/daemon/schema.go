package main

import (
	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/rules"
)

func (c *command) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of rules files, for editors", Args: takes(nothing),
		Long: `Schema prints the JSON Schema of rules files. Editors with a YAML language server
complete and check rules by it as they are written:

  foredesk schema > rules.schema.json

and, as the first line of rules.yaml:

  # yaml-language-server: $schema=rules.schema.json

What stands in conditions, only foredesk check understands.`,
		RunE: func(*cobra.Command, []string) error {
			_, err := c.out.Write(rules.Schema())
			return err
		},
	}
}
