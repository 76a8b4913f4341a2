package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxWords bounds what the model says when it has thought, in bytes.
const maxWords = 8 << 10

// completion is what is looked at of an answer.
type completion struct {
	Choices []struct {
		FinishReason string `json:"finish_reason"`
		Message      struct {
			Content      *string           `json:"content"`
			Refusal      string            `json:"refusal"`
			ToolCalls    []json.RawMessage `json:"tool_calls"`
			FunctionCall json.RawMessage   `json:"function_call"`
		} `json:"message"`
	} `json:"choices"`
	Usage struct {
		Total int64 `json:"total_tokens"`
	} `json:"usage"`
}

// read takes the model's words out of an answer, and what the endpoint says that
// they have cost. What is no completion is a *trouble of the endpoint; a
// completion that is cut off, filtered or calls tools is ErrUnusable.
func read(raw []byte) (words string, tokens int64, err error) {
	var c completion
	if err := json.Unmarshal(raw, &c); err != nil || len(c.Choices) == 0 {
		return "", 0, &trouble{says: "its answer is no chat completion" + streamed(raw), verdict: failed}
	}
	tokens = c.Usage.Total
	first := c.Choices[0]
	function := first.Message.FunctionCall
	switch {
	case len(c.Choices) > 1:
		err = unusable("it gave several answers")
	case len(first.Message.ToolCalls) > 0 || len(function) > 0 && !bytes.Equal(function, []byte("null")):
		err = unusable("it calls a tool and was offered none")
	case first.FinishReason == "length":
		err = unusable("it was cut off; a model that thinks first needs more tokens")
	case first.FinishReason != "stop" && first.FinishReason != "":
		err = unusable("it did not come to its end")
	case first.Message.Content == nil || first.Message.Refusal != "":
		err = unusable("the model did not want to answer")
	default:
		words, err = spoken(*first.Message.Content)
	}
	return words, tokens, err
}

func unusable(why string) error { return fmt.Errorf("%w: %s", ErrUnusable, why) }

func streamed(raw []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("data:")) {
		return ": it streams, though it was asked not to"
	}
	return ""
}

// spoken is what is said after the thinking, which some servers leave in the
// answer and some templates begin before it.
func spoken(content string) (string, error) {
	const begin, end = "<think>", "</think>"
	if i := strings.LastIndex(content, end); i >= 0 {
		content = content[i+len(end):]
	} else if strings.HasPrefix(strings.TrimSpace(content), begin) {
		return "", unusable("the model thought and said nothing")
	}
	content = strings.TrimSpace(content)
	switch {
	case content == "":
		return "", unusable("it is empty")
	case len(content) > maxWords:
		return "", unusable("it is too long")
	}
	return content, nil
}

// yesOrNo reads a plain answer: one word, perhaps with a full stop.
func yesOrNo(answer string) (bool, error) {
	switch strings.ToLower(strings.TrimSuffix(strings.TrimSpace(answer), ".")) {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return false, unusable("it is neither yes nor no")
}
