package gcal

import "slices"

// object is a JSON object. Events stay JSON inside the server, because what a
// patch may say (this field to null, those keys of a map) has no place in a
// struct, and because a client must get back every field that it sent.
type object = map[string]any

// child is the object under a key, or nil.
func child(o object, key string) object {
	c, _ := o[key].(object)
	return c
}

// text is the string under a key, or "".
func text(o object, key string) string {
	s, _ := o[key].(string)
	return s
}

// number is the number under a key, or 0.
func number(o object, key string) int {
	switch n := o[key].(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return 0
}

// objects are the objects of the array under a key.
func objects(o object, key string) (all []object) {
	list, _ := o[key].([]any)
	for _, v := range list {
		if c, ok := v.(object); ok {
			all = append(all, c)
		}
	}
	return all
}

func array(all []object) []any {
	list := make([]any, 0, len(all))
	for _, o := range all {
		list = append(list, o)
	}
	return list
}

// clone copies an object to the depths, so that no answer shares memory with
// what is stored.
func clone(o object) object {
	c := make(object, len(o))
	for k, v := range o {
		c[k] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case object:
		return clone(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = cloneValue(v[i])
		}
		return list
	}
	return v
}

// merge applies a patch as Google does: objects are merged, null takes a field
// out, and an array replaces the array that was there.
func merge(into, patch object) {
	for k, v := range patch {
		below, isObject := v.(object)
		switch {
		case v == nil:
			delete(into, k)
		case isObject:
			there := child(into, k)
			if there == nil {
				there = object{}
			}
			merge(there, below)
			into[k] = there
		default:
			into[k] = cloneValue(v)
		}
	}
}

// without removes fields, and those that are null.
func without(o object, keys ...string) object {
	for k, v := range o {
		if v == nil || slices.Contains(keys, k) {
			delete(o, k)
		}
	}
	return o
}
