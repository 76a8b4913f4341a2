package summary

import "strings"

// class is what a word may be in a request; a word can be several things.
type class uint16

const (
	greeting      class = 1 << iota // before the name of the reader
	filler                          // may stand before what a sentence begins with
	please                          //
	command                         // a verb that, standing first, tells the reader to do something
	advert                          // more usual in advertising than in a colleague's request
	deadline                        // a day or a part of one
	meeting                         // people come or talk together
	interrogative                   //
	auxiliary                       // begins a question that has no question word
	modal                           // "could you"
	subject                         // behind an auxiliary: a question
	addressee                       // the reader
	speaker                         // the writer
	opener                          // behind it a part begins that can ask by itself: "If you can, send it"
)

var classes = wordClasses(map[class]string{
	greeting: `hi hello hey dear hallo liebe lieber guten bonjour salut cher chère`,
	filler: `and so but also then ok okay well again oh , : - however therefore thus now thanks plus
		und aber dann mais alors donc et`,
	please: `please`,
	command: `add advise arrange ask attend be book bring call cancel change check circulate come complete confirm
		consider contact coordinate copy discuss distribute draft email ensure explain fax file fill find follow
		forward get give go have help hold include inform invite join keep leave let look mail make meet note notify
		pass pay plan prepare print provide read remember remind remove reply reschedule respond return review revise
		run save schedule see send set share sign submit take talk tell think try update use verify visit wait write
		reserve put pick order answer process approve describe`,
	advert: `click unsubscribe subscribe offer free sale discount shop save coupon shipping newsletter download deal
		win earn link $ preferences privacy webpage browser`,
	deadline: `today tomorrow tonight monday tuesday wednesday thursday friday saturday sunday asap eod cob noon
		morning afternoon evening week weekend lunch dinner am pm`,
	meeting: `meet meeting call conference lunch dinner discuss talk chat visit schedule calendar available
		availability appointment drinks coffee invite invitation`,
	interrogative: `what when where who why how which whose`,
	auxiliary: `can could would will do does did is are was were have has had should shall may might am isn't aren't
		don't doesn't didn't won't wouldn't couldn't can't shouldn't haven't hasn't any`,
	modal:     `can could would will`,
	subject:   `he she it they this that there the these those anyone anybody someone`,
	addressee: `you your u`,
	opener:    `, : - ! ? so and then but`,
	speaker:   `i we my our i'm i'll we'll i've me us`,
})

func wordClasses(table map[class]string) map[string]class {
	all := map[string]class{}
	for c, words := range table {
		for _, word := range strings.Fields(words) {
			all[word] |= c
		}
	}
	return all
}
