package summary

import "strings"

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// abbreviations never end a sentence: a name, a number or a further word comes
// behind them. English, German, French.
var abbreviations = wordSet(`
	mr mrs ms dr prof sen rep gov gen col capt lt sgt rev hon st mt messrs fr jr
	vs v e.g i.e cf viz approx ca no nos fig figs vol pp ed eds art sec ch par est
	al dept ext tel fax attn re ref incl excl max min avg resp
	z.b d.h u.a u.u i.d.r z.t s.o s.u bzw ggf evtl inkl exkl zzgl abzgl vgl nr str bsp
	hr hrn fr dipl ing med jur phil geb gez gem lt o.ä v.a zw tgl mind sog allg
	m mm mme mlle mgr p.ex c.-à-d env n° réf tél av bd éd chap
	p.s ps i.a i.v z.hd z.h d.j v.chr n.chr`)

// mayEnd are abbreviations that stand at the end of a sentence as well; the
// word behind them decides.
var mayEnd = wordSet(`
	etc inc ltd co corp plc llc bros usw u.s.w u.s u.k e.u a.m p.m am pm approx est jan feb mar apr jun
	jul aug sep sept oct nov dec okt dez janv févr avr juil déc mon tue tues wed thu thur thurs fri sat sun
	ph.d b.a m.a d.c s.a s.à.r.l usf o.k mio mrd tsd gmbh`)

// sentenceStarts are words that, with a capital, begin a sentence far more
// often than they stand in a name.
var sentenceStarts = wordSet(`
	the a an this that these those i we you he she it they my our your his her their its there here
	please can could would will shall should may do does did is are was were have has had let if when
	what where who why how which and but or so as at in on for from to with after before by then also
	thanks thank however no not yes all any each both
	der die das ein eine ich wir sie du er es ihr mein unser bitte können könnten könnte kann haben hat ist sind
	war wenn wann was wo wer warum wie und aber oder so bei im in am für von zu mit nach vor danach auch danke
	le la les un une des ce cette ces je nous vous tu il elle ils elles on mon notre votre merci pouvez
	pourriez est sont si quand où qui pourquoi comment et mais ou dans pour avec après avant aussi`)

// ordinalNouns follow a German ordinal, whose mark is a full stop: "3. März".
var ordinalNouns = wordSet(`
	januar jänner februar märz april mai juni juli august september oktober november dezember
	jan feb mär apr jun jul aug sep sept okt nov dez
	quartal stock halbjahr kapitel woche mal etage klasse platz tag monat jahrhundert kalenderwoche teil
	mahnung auflage advent sitzung uhr`)
