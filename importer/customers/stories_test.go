package customers_test

import "testing"

// stories are the promises of the package, each with the story that shows it.
var stories = []struct {
	about, promise string
	tell           func(*testing.T)
}{
	{"scope", "only ticked accounts are imported, with their contacts and opportunities", tickedOnly},
	{"scope", "the name of the checkbox is configurable", anotherCheckbox},
	{"scope", "without the checkbox all accounts are imported", noCheckbox},
	{"scope", "auto: once seen, a hidden checkbox stops every run before any write", hiddenCheckbox},
	{"scope", "required: a missing checkbox stops every run", requiredCheckbox},
	{"scope", "off: all accounts are imported whatever is ticked", scopeOff},
	{"scope", "a field that is no checkbox is a configuration error", noCheckboxAtAll},
	{"scope", "a checkbox that is a formula is followed both ways", formulaCheckbox},
	{"scope", "un-ticked: keep, detach or deactivate", unticked},

	{"customers", "every field of an account has its place", customerFields},
	{"customers", "the standard address is marked as the billing address", standardAddress},
	{"customers", "the delivery address is empty or its own, never a copy", deliveryAddress},
	{"customers", "imported customers are active", activeByDefault},
	{"customers", "the active flag may have a source", activeFromField},
	{"customers", "a field that is hidden keeps the host's value", hiddenField},

	{"customers", "merged accounts are one customer, with the contacts and projects of both", mergedAccounts},
	{"customers", "deleted ones are kept, inactive by default, and led again when restored", deletedAccounts},

	{"contacts", "every field of a contact has its place", contactFields},
	{"contacts", "a person account is one customer, and by option one contact", personAccounts},
	{"contacts", "merged person accounts are one customer", mergedPersons},

	{"projects", "an opportunity of a chosen stage is a project", chosenStages},
	{"projects", "the org's own stages come from describe, and go by API value", ownStages},
	{"projects", "an unknown stage is a configuration error that names the org's", unknownStage},
	{"projects", "an opportunity that reaches a chosen stage is a project on the next import, once", reachedStage},
	{"projects", "a project whose stage moves back is never deleted", stageExits},
	{"projects", "every field of an opportunity has its place, and is updated", projectFields},
	{"projects", "all fields can be mapped to others", remapped},
	{"projects", "without an imported account it is skipped, with the reason", noAccount},
	{"projects", "passed through: a stage left again between two imports counts", passedThrough},
	{"projects", "passed through without the history: the run warns", noHistory},
	{"projects", "not before: a first import brings no years of closed projects", notBefore},

	{"owners", "the explicit map, then the federation id, then the e-mail address", ownersFound},
	{"owners", "an owner who is unknown or inactive keeps the old one, with a warning", ownersUnknown},
	{"owners", "the host's own failure stops the run, which goes on later", ownersFail},
	{"owners", "without any, the owner's user id is responsible", ownersOff},

	{"imports", "the complete import is the only one at first, and the host knows which there are", available},
	{"imports", "the incremental import brings what changed", incrementalOnly},

	{"locks", "mapped fields of customers, contacts and projects are locked while linked", lockedFields},
	{"locks", "unmapped fields, and the host's own records, are free", freeFields},
	{"locks", "deleting a linked record is refused", lockedDelete},
	{"locks", "without a connection all locks stay", locksStay},
	{"locks", "remove all: every flag, to be stopped and called again, audited", removeAll},

	{"flag", "removed: unlocked, and no import touches it, its children, or adds new ones", removeFlag},
	{"flag", "linked again at any time, and refreshed with its children", linkAgain},

	{"numbers", "the key is the Salesforce id, never the number", keyIsTheID},
	{"numbers", "missing: taken, kept or refused", missingNumbers},
	{"numbers", "doubled: taken, kept, refused or not looked for", doubledNumbers},
	{"numbers", "doubled: numbers that change places are not", swappedNumbers},
	{"numbers", "changed: taken, kept or refused", changedNumbers},
	{"numbers", "a policy that the host's sink cannot follow stops the run before any write", blindSink},

	{"match", "a customer that the host has already is linked by its number, and reported", matched},
	{"match", "two of one number are not guessed between", ambiguous},
	{"match", "switched off, every customer is created", matchOff},
	{"match", "a linked customer that vanished from the host is reported and detached", vanishedInHost},
	{"match", "by option it is made again", createdAgain},
}

func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.about+": "+s.promise, func(t *testing.T) {
			t.Parallel()
			s.tell(t)
		})
	}
}
