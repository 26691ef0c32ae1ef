package soql_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// attacks are queries that must not run for a user. With field they are tried
// with that field configured, else with none.
var attacks = []struct{ query, field string }{
	// No restriction at all, or the look of one.
	{"SELECT Id FROM Visit__c", ""},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open'", ""},
	{"SELECT COUNT() FROM Visit__c", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%USERIDENTIFIER%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%useridentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%UserIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = %USERIDENTIFIER%", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '％userIdentifier％'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdent\u0456fier%'", ""}, // a Cyrillic i
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = 'userIdentifier'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = :userIdentifier", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '" + me + "'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN ('" + me + "')", ""},
	{"SELECT Id FROM Visit__c WHERE OwnerId = '" + somebody + "'", ""},
	{"SELECT Id FROM Visit__c WHERE Name = '\\' AND Rep_1__c = \\'\\u0025userIdentifier'", ""},

	// The token where it restricts nothing.
	{"SELECT Id FROM Visit__c WHERE Rep_1__c LIKE '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c LIKE %userIdentifier%", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c LIKE '%%userIdentifier%%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c != '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c <> %userIdentifier%", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c < '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c <= '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c > '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c >= %userIdentifier%", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = 'x%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier% '", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = ' %userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Name = 'Rep_1__c = \\'%userIdentifier%\\''", ""},
	{"SELECT Id FROM Visit__c WHERE Name = '\\' AND Rep_1__c = \\'%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE NOT Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE NOT (NOT Rep_1__c = '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE NOT (Rep_1__c != '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' AND (NOT Rep_1__c = '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE NOT Rep_1__c IN ('%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c NOT IN ('%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN ('%userIdentifier%', 'x')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN (NULL, '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN ('%userIdentifier%', '%USERIDENTIFIER%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c INCLUDES ('%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c EXCLUDES ('%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c INCLUDES ('a;%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE toLabel(Rep_1__c) = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE FORMAT(Rep_1__c) IN ('%userIdentifier%')", ""},
	{"SELECT Rep_1__c FROM Visit__c GROUP BY Rep_1__c HAVING Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Rep_1__c FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' GROUP BY Rep_1__c HAVING Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT %userIdentifier% FROM Visit__c", ""},
	{"SELECT Id FROM Visit__c ORDER BY %userIdentifier%", ""},
	{"SELECT Id FROM Visit__c LIMIT %userIdentifier%", ""},
	{"SELECT Id FROM Visit__c WHERE '%userIdentifier%' = Rep_1__c", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c LIKE '%userIdentifier%'", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE Name = 'x%userIdentifier%'", "OwnerId"},

	// A branch without it.
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Name != NULL", ""},
	{"SELECT Id FROM Visit__c WHERE Name = 'x' OR Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE (Rep_1__c = '%userIdentifier%' AND Status__c = 'Open') OR Name = 'x'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%' OR City__c = 'Graz'", ""},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' AND (Rep_1__c = '%userIdentifier%' OR City__c = 'Graz')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR (Rep_2__c = '%userIdentifier%' OR City__c = 'Graz')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR (NOT Rep_1__c = '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Rep_2__c != '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Rep_2__c LIKE '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Name = '" + me + "'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Rep_1__c = '%USERIDENTIFIER%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%user\\u0049dentifier%' OR Name = 'x'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Name = 'x'", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' AND Rep_1__c = '%userIdentifier%' OR Name = 'x'", ""},
	{"SELECT Id FROM Visit__c WHERE NOT Name = 'x' OR Rep_1__c = '%userIdentifier%'", ""},

	// Queries inside.
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = '%userIdentifier%') FROM Visit__c", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r) FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FOLLOWUPS__R WHERE Status__c = 'Open') FROM VISIT__C WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = '%userIdentifier%' OR Name = 'x') FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c LIKE '%userIdentifier%') FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = '" + me + "') FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r) FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT Id FROM Mystery__r) FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT Id FROM Mystery__r WHERE Status__c = 'Open') FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id, (SELECT Id FROM Visits__r) FROM Tasks) FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Mystery__r WHERE Rep_1__c = '%userIdentifier%') FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT Id FROM Tasks WHERE OwnerId LIKE '%userIdentifier%') FROM Visit__c", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE Id IN (SELECT WhatId FROM Task WHERE OwnerId = '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Id IN (SELECT Parent__c FROM Visit__c WHERE Rep_1__c = '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Id NOT IN (SELECT Parent__c FROM Visit__c WHERE Rep_1__c = '%userIdentifier%')", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Parent__c IN (SELECT Id FROM Visit__c)", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Id NOT IN (SELECT Parent__c FROM visit__C WHERE Name = 'x')", ""},
	{"SELECT Id FROM Visit__c WHERE Parent__c IN (SELECT Id FROM Visit__c WHERE Status__c = 'Open')", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Id IN (SELECT WhatId FROM Task)", ""},

	// Syntax.
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' /* AND Rep_1__c = '%userIdentifier%' */", ""},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' -- AND Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' -- ", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open') OR (Name != NULL", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE\u00a0Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c USING SCOPE everything WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' ALL ROWS", ""},
	{"SELECT Id FROM Visit__c v, v.FollowUps__r f WHERE v.Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN (('%userIdentifier%'))", ""},
	{"SELECT Id FROM Visit__c; SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},

	// What else SOQL has.
	{"SELECT Id FROM Visit__c USING SCOPE everything", "OwnerId"},
	{"SELECT Id FROM Visit__c USING SCOPE EVERYTHING WHERE Rep_1__c = %userIdentifier%", ""},
	{"SELECT Id FROM Visit__c USING SCOPE mine", ""},
	{"SELECT Id FROM Visit__c v, v.FollowUps__r f WHERE f.Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c v, v.FollowUps__r f", "OwnerId"},
	{"SELECT Id, (SELECT Id FROM Tasks t, t.Visits__r v) FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT Id FROM Visit__c.FollowUps__r) FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT Id FROM v.FollowUps__r) FROM Visit__c v WHERE v.Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE v.Rep_1__c = '%userIdentifier%') FROM Visit__c v WHERE v.Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Visit__c.Rep_1__c = '%userIdentifier%') FROM Visit__c", "OwnerId"},
	{"SELECT Id FROM Visit__c v WHERE Rep_1__c = '%userIdentifier%' AND Id IN (SELECT Id FROM Visit__c WHERE v.Rep_1__c = '%userIdentifier%')", ""},
	{"SELECT TYPEOF Parent__r WHEN Visit__c THEN Name END FROM Visit__c", "OwnerId"},
	{"SELECT Id, (SELECT TYPEOF What WHEN Task THEN Id WHEN VISIT__C THEN Name END FROM Tasks) FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT FIELDS(ALL) FROM Visit__c LIMIT 200", ""},
	{"SELECT FIELDS(ALL) FROM Visit__c ALL ROWS", "OwnerId"},
	{"SELECT Status__c, COUNT(Id) FROM Visit__c GROUP BY ROLLUP(Status__c)", ""},
	{"SELECT Rep_1__c, COUNT(Id) FROM Visit__c GROUP BY CUBE(Rep_1__c) HAVING Rep_1__c = '%userIdentifier%'", ""},
	{"SELECT Id FROM Visit__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), '%userIdentifier%') < 5", ""},
	{"SELECT Id FROM Visit__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') < 5", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') < 5", ""},
	{"SELECT Id FROM Visit__c WITH DATA CATEGORY Rep_1__c AT userIdentifier", ""},
	{"SELECT Id FROM Visit__c WITH SECURITY_ENFORCED", "OwnerId"},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' FOR UPDATE", ""},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c = '%userIdentifier%')", ""},

	// Names.
	{"SELECT Id FROM Visit__c OwnerId", "OwnerId"},
	{"SELECT Id FROM Visit__c ownerid WHERE Status__c = 'Open'", "OwnerId"},
	{"SELECT Id FROM Visit__c Rep_1__r", "Rep_1__r.UserId__c"},
	{"SELECT Id FROM Task WHERE OwnerId = '%userIdentifier%'", ""},
	{"SELECT Id FROM Task", "OwnerId"},
}

func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks {
		t.Run(attack.query, func(t *testing.T) {
			t.Parallel()
			f := soql.UserFilter{IDs: []string{me}, Field: attack.field, Object: "Visit__c", Related: related}
			got, err := f.Scope(attack.query)
			requireRefused(t, err, got)
			f.IDs = []string{me, me2}
			got, err = f.Scope(attack.query)
			requireRefused(t, err, got)
		})
	}
}

func requireRefused(t *testing.T, err error, got string) {
	t.Helper()
	require.Empty(t, got)
	if _, ok := errors.AsType[*soql.SyntaxError](err); !ok {
		require.ErrorIs(t, err, soql.ErrNotScoped)
	}
}

// What is an attack without a field is harmless with one, or refused.
func TestAttacksYieldNothingWithAField(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{me, me2}, Field: "OwnerId", Object: "Visit__c", Related: related}
	accepted := 0
	for _, attack := range attacks {
		got, err := f.Scope(attack.query)
		if err != nil {
			requireRefused(t, err, got)
			continue
		}
		accepted++
		requireOnlyMine(t, got, f.IDs)
	}
	require.Positive(t, accepted)
}

// requireOnlyMine runs a query in some worlds and requires that it yields no
// record of others. It returns the outer records.
func requireOnlyMine(t *testing.T, query string, ids []string) {
	t.Helper()
	q, err := soql.Parse(query, nil)
	require.NoError(t, err)
	for seed := range uint64(20) {
		w := newWorld(seed)
		_, all := w.run(q, "visit__c", w["visit__c"])
		for _, a := range all {
			require.True(t, a.belongs(ids), "%s\nyields %v", query, a.row)
		}
	}
}

// rule says which visits a query should yield.
type rule func(r row, ids []string) bool

func mine(fields ...string) rule {
	return func(r row, ids []string) bool {
		return slices.ContainsFunc(fields, func(f string) bool {
			id, ok := r[f].(string)
			return ok && slices.Contains(ids, id)
		})
	}
}

func has(field string, value any) rule {
	return func(r row, _ []string) bool { return r[field] == value }
}

func both(rules ...rule) rule {
	return func(r row, ids []string) bool {
		return !slices.ContainsFunc(rules, func(is rule) bool { return !is(r, ids) })
	}
}

func either(rules ...rule) rule {
	return func(r row, ids []string) bool {
		return slices.ContainsFunc(rules, func(is rule) bool { return is(r, ids) })
	}
}

func except(is rule) rule {
	return func(r row, ids []string) bool { return !is(r, ids) }
}

var (
	rep1 = mine("rep_1__c")
	rep2 = mine("rep_2__c")
	own  = mine("ownerid")
	open = has("status__c", "Open")
	graz = has("city__c", "Graz")
)

// legitimate are queries that have to be let through, with the visits that
// they have to yield.
var legitimate = []struct {
	query, field string
	want         rule
}{
	// By the token.
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = %userIdentifier%", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c='%userIdentifier%'", "", rep1},
	{"select id from visit__c where rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Id FROM Visit__c WHERE (((Rep_1__c = %userIdentifier%)))", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%user\\u0049dentifier%'", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN ('%userIdentifier%')", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c IN (%userIdentifier%, '%userIdentifier%')", "", rep1},
	{"SELECT Id FROM Visit__c WHERE OwnerId IN ('%userIdentifier%', 'x') AND Rep_1__c = '%userIdentifier%'", "", both(own, rep1)},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Status__c = 'Open'", "", both(rep1, open)},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' AND City__c = 'Graz' AND Rep_1__c = '%userIdentifier%'", "", both(rep1, open, graz)},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' AND (City__c = 'Graz' AND Rep_1__c = '%userIdentifier%')", "", both(rep1, open, graz)},
	{"SELECT Id FROM Visit__c WHERE (Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%')", "", either(rep1, rep2)},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Rep_2__c IN (%userIdentifier%) OR OwnerId = %userIdentifier%", "", either(rep1, rep2, own)},
	{"SELECT Id FROM Visit__c WHERE (Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%') AND Status__c = 'Open'", "", both(either(rep1, rep2), open)},
	{"SELECT Id FROM Visit__c WHERE (Rep_1__c = '%userIdentifier%' AND Status__c = 'Open') OR (Rep_2__c = '%userIdentifier%' AND City__c = 'Graz')", "", either(both(rep1, open), both(rep2, graz))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR (City__c = 'Graz' AND (Rep_2__c = '%userIdentifier%' OR OwnerId = '%userIdentifier%'))", "", either(rep1, both(graz, either(rep2, own)))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND (Status__c = 'Open' OR City__c = 'Graz')", "", both(rep1, either(open, graz))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND (NOT Status__c = 'Open')", "", both(rep1, except(open))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND (NOT (Status__c = 'Open' OR City__c = 'Graz'))", "", both(rep1, except(either(open, graz)))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Name = 'it\\'s'", "", both(rep1, has("name", "it's"))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Rep_2__c = '%USERIDENTIFIER%'", "", both(rep1, has("rep_2__c", otherToken))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Name = '" + me + "'", "", both(rep1, has("name", me))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Name != NULL AND Amount__c >= 5", "", both(rep1, except(has("name", nil)), either(has("amount__c", 5), has("amount__c", 10)))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND City__c LIKE 'g%'", "", both(rep1, graz)},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND City__c NOT IN ('Wien', 'x')", "", both(rep1, graz)},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Tags__c INCLUDES ('a;b', 'c')", "", both(rep1, either(has("tags__c", "a;b"), has("tags__c", "c")))},
	{"SELECT v.Id FROM Visit__c v WHERE v.Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Visit__c.Id FROM Visit__c WHERE Visit__c.Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__r.UserId__c = '%userIdentifier%'", "", mine("rep_1__r.userid__c")},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' ORDER BY Name DESC NULLS LAST LIMIT 2000 OFFSET 0", "", rep1},
	{"SELECT COUNT() FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT City__c, COUNT(Id) FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' GROUP BY City__c HAVING COUNT(Id) > 0", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", "OwnerId", rep1},

	// By the field.
	{"SELECT Id FROM Visit__c", "OwnerId", own},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open'", "OwnerId", both(own, open)},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' AND City__c = 'Graz'", "OwnerId", both(own, open, graz)},
	{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' OR City__c = 'Graz'", "OwnerId", both(own, either(open, graz))},
	{"SELECT Id FROM Visit__c WHERE NOT Status__c = 'Open'", "OwnerId", both(own, except(open))},
	{"SELECT Id FROM Visit__c WHERE OwnerId != NULL OR Name != NULL", "OwnerId", both(own, either(own, except(has("name", nil))))},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%USERIDENTIFIER%'", "OwnerId", both(own, has("rep_1__c", otherToken))},
	{"SELECT Id FROM Visit__c WHERE OwnerId = '" + me + "'", "OwnerId", both(own, has("ownerid", me))},
	{"SELECT v.Id FROM Visit__c v WHERE v.Status__c = 'Open'", "OwnerId", both(own, open)},
	{"SELECT Id FROM Visit__c ORDER BY Name LIMIT 2000", "Rep_1__r.UserId__c", mine("rep_1__r.userid__c")},
	{"SELECT COUNT() FROM Visit__c", "ownerid", own},
	{"SELECT Id FROM Visit__c USING SCOPE mine", "OwnerId", own},
	{"SELECT Id FROM Visit__c USING SCOPE team WHERE Rep_1__c = '%userIdentifier%' ORDER BY Name", "", rep1},
	{"SELECT Status__c, COUNT(Id) FROM Visit__c GROUP BY ROLLUP(Status__c)", "OwnerId", own},
	{"SELECT Status__c, City__c, COUNT(Id), GROUPING(City__c) FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' GROUP BY CUBE(Status__c, City__c)", "", rep1},
	{"SELECT FIELDS(ALL) FROM Visit__c LIMIT 200", "OwnerId", own},
	{"SELECT FIELDS(STANDARD), Rep_1__c FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Id, TYPEOF Owner WHEN User THEN Email WHEN Group THEN Name ELSE Id END FROM Visit__c", "OwnerId", own},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' FOR VIEW", "", rep1},
	{"SELECT Id FROM Visit__c LIMIT 2000 FOR REFERENCE UPDATE TRACKING", "OwnerId", own},
	{"SELECT Id FROM Visit__c WITH DATA CATEGORY Region__c AT europe__c", "OwnerId", own},
	{"SELECT Id, DISTANCE(Place__c, GEOLOCATION(47, 15), 'km') FROM Visit__c ORDER BY DISTANCE(Place__c, GEOLOCATION(47, 15), 'km')", "OwnerId", own},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Amount__c >= 5 AND Amount__c <= 10", "", both(rep1, either(has("amount__c", 5), has("amount__c", 10)))},
	{"SELECT Status__c, COUNT(Id) n, MAX(Amount__c) FROM Visit__c GROUP BY Status__c ORDER BY COUNT(Id) DESC", "OwnerId", own},
	{"SELECT Id, (SELECT Id FROM v.Tasks) FROM Visit__c v", "OwnerId", own},
	{"SELECT City__c, COUNT(Id) FROM Visit__c GROUP BY City__c", "Visit__c.OwnerId", own},

	// With queries inside.
	{"SELECT Id, (SELECT Id FROM Tasks) FROM Visit__c", "OwnerId", own},
	{"SELECT Id, (SELECT Id FROM Tasks WHERE OwnerId = '%userIdentifier%') FROM Visit__c", "OwnerId", own},
	{"SELECT Id, (SELECT Id FROM Tasks WHERE Status__c = 'Open') FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = '%userIdentifier%') FROM Visit__c WHERE Rep_1__c = '%userIdentifier%'", "", rep1},
	{"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = '%userIdentifier%') FROM Visit__c", "OwnerId", own},
	{"SELECT Id, (SELECT Id FROM Mystery__r WHERE Rep_1__c = %userIdentifier% OR Rep_2__c = %userIdentifier%) FROM Visit__c", "OwnerId", own},
	{"SELECT Id, (SELECT Id, (SELECT Id FROM Visits__r WHERE OwnerId = '%userIdentifier%') FROM Tasks) FROM Visit__c", "OwnerId", own},
	{"SELECT Id FROM Visit__c WHERE Id NOT IN (SELECT WhatId FROM Task WHERE WhatId = 'v99')", "OwnerId", own},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Id NOT IN (SELECT WhatId FROM Task WHERE OwnerId = '%userIdentifier%' AND Id = 't99')", "", rep1},
	{"SELECT Id FROM Visit__c WHERE Id NOT IN (SELECT WhatId FROM Task WHERE OwnerId = '%userIdentifier%' AND Id = 't99')", "OwnerId", own},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Id IN (SELECT Id FROM Visit__c WHERE OwnerId = '%userIdentifier%')", "", both(rep1, own)},
	{"SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' AND Id NOT IN (SELECT Id FROM Visit__c WHERE OwnerId = '%userIdentifier%')", "", both(rep1, except(own))},
}

func TestLegitimateQueriesYieldTheUsersRecords(t *testing.T) {
	t.Parallel()
	for _, row := range legitimate {
		for _, ids := range [][]string{{me}, {meShort}, {me, me2}} {
			t.Run(row.query+" "+row.field, func(t *testing.T) {
				t.Parallel()
				f := soql.UserFilter{IDs: ids, Field: row.field, Object: "Visit__c", Related: related}
				got, err := f.Scope(row.query)
				require.NoError(t, err)
				requireYields(t, got, row.want, longForms(ids))
				requireOnlyMine(t, got, longForms(ids))
			})
		}
	}
}

// longForms are the ids as the world holds them.
func longForms(ids []string) []string {
	long := slices.Clone(ids)
	for i, id := range long {
		if id == meShort {
			long[i] = me
		}
	}
	return long
}

func requireYields(t *testing.T, query string, want rule, ids []string) {
	t.Helper()
	q, err := soql.Parse(query, nil)
	require.NoError(t, err)
	rows := 0
	for seed := range uint64(20) {
		w := newWorld(seed)
		outer, _ := w.run(q, "visit__c", w["visit__c"])
		var got, wanted []any
		for _, a := range outer {
			got = append(got, a.row["id"])
		}
		for _, r := range w["visit__c"] {
			if want(r, ids) {
				wanted = append(wanted, r["id"])
			}
		}
		require.Equal(t, wanted, got, query)
		rows += len(got)
	}
	require.Positive(t, rows, "the worlds have no record for %s", query)
}

func TestScopePrints(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ query, field, ids, want string }{
		{
			"SELECT Id FROM Visit__c WHERE (Rep_1__c = '%userIdentifier%' OR Rep_2__c IN (%userIdentifier%)) AND Status__c = 'Open'", "", "u1",
			"SELECT Id FROM Visit__c WHERE (Rep_1__c = 'u1' OR Rep_2__c = 'u1') AND Status__c = 'Open'",
		},
		{
			"SELECT Id FROM Visit__c WHERE Rep_1__c = %userIdentifier%", "", "u1 u2 u1",
			"SELECT Id FROM Visit__c WHERE Rep_1__c IN ('u1', 'u2')",
		},
		{
			"SELECT Id FROM Visit__c WHERE A = 1 OR B = 2 LIMIT 5", "OwnerId", "o'Neil",
			`SELECT Id FROM Visit__c WHERE (A = 1 OR B = 2) AND OwnerId = 'o\'Neil' LIMIT 5`,
		},
		{
			"SELECT Id FROM Visit__c", "OwnerId", meShort + " " + me,
			"SELECT Id FROM Visit__c WHERE OwnerId = '" + me + "'",
		},
		{
			"SELECT Id FROM Visit__c", "OwnerId", "johnsmithabcdef 00500000000000 123_56789012345",
			"SELECT Id FROM Visit__c WHERE OwnerId IN ('johnsmithabcdef', '00500000000000', '123_56789012345')",
		},
		{ // at the top of an AND, where semi-joins are legal
			"SELECT Id FROM Visit__c WHERE Id IN (SELECT WhatId FROM Task)", "OwnerId", "u1",
			"SELECT Id FROM Visit__c WHERE Id IN (SELECT WhatId FROM Task) AND OwnerId = 'u1'",
		},
	} {
		got, err := soql.UserFilter{IDs: strings.Fields(row.ids), Field: row.field}.Scope(row.query)
		require.NoError(t, err)
		require.Equal(t, row.want, got)
	}
}

func TestScopeWithoutAUserIsRefused(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]string{
		nil,
		{},
		{""},
		{" "},
		{"\t\n"},
		{"\u00a0"},
		{"\u200b"},
		{"\ufeff"},
		{"\x00"},
		{"u1", ""},
		{" u1"},
		{"u1 "},
		{"u\n1"},
		{"\xff"},
		{"%userIdentifier%"},
		{"x%userIdentifier%"},
	} {
		for _, query := range []string{"SELECT Id FROM Visit__c", "SELECT Id FROM Visit__c WHERE Rep_1__c = %userIdentifier%"} {
			got, err := soql.UserFilter{IDs: ids, Field: "OwnerId"}.Scope(query)
			require.ErrorIs(t, err, soql.ErrNotScoped, "%q", ids)
			require.Empty(t, got)
		}
	}
}

func TestScopeChecksItsSettings(t *testing.T) {
	t.Parallel()
	for _, f := range []soql.UserFilter{
		{Field: "Owner Id"},
		{Field: "OwnerId = NULL OR Id"},
		{Field: "Owner..Id"},
		{Field: "."},
		{Field: "Limit"},
		{Field: "OwnerId", Token: "user"},
		{Field: "OwnerId", Token: "%"},
		{Field: "OwnerId", Token: "%%"},
		{Field: "OwnerId", Token: "%a b%"},
	} {
		f.IDs = []string{me}
		_, err := f.Scope("SELECT Id FROM Visit__c")
		require.ErrorIs(t, err, soql.ErrNotScoped, "%+v", f)
	}
}

func TestScopeTakesAnotherToken(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{"u1"}, Token: "%me%"}
	got, err := f.Scope("SELECT Id FROM Visit__c WHERE A = '%me%' AND B = %me% AND C = '%userIdentifier%'")
	require.NoError(t, err)
	require.Equal(t, "SELECT Id FROM Visit__c WHERE A = 'u1' AND B = 'u1' AND C = '%userIdentifier%'", got)
}

func TestScopeWithoutRelatedRefusesChildren(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{"u1"}, Field: "OwnerId"}
	_, err := f.Scope("SELECT Id, (SELECT Id FROM Tasks) FROM Visit__c")
	require.EqualError(t, err, "soql: query refused: no restriction to the user is in every branch of the WHERE behind FROM Tasks, "+
		"a relationship that leads to an unknown object")
}

func TestScopeKnowsNothingBehindAnUnknownRelationship(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{"u1"}, Field: "OwnerId", Related: func(_, relationship string) (string, bool) {
		return "Task", relationship == "Tasks"
	}}
	const known = "SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Tasks) FROM Visit__c"
	_, err := f.Scope(known)
	require.NoError(t, err)
	_, err = f.Scope(strings.Replace(known, "FROM Tasks) FROM Visit__c", "FROM Mystery__r WHERE OwnerId = %userIdentifier%) FROM Visit__c", 1))
	require.ErrorIs(t, err, soql.ErrNotScoped)
	require.ErrorContains(t, err, "behind FROM Tasks, a relationship that leads to an unknown object")
}

func TestScopeErrorsSayWhere(t *testing.T) {
	t.Parallel()
	const query = "SELECT Id\nFROM Visit__c\nWHERE Status__c = 'x'\n  AND Rep_1__c LIKE '%userIdentifier%'"
	_, err := soql.UserFilter{IDs: []string{me}, Field: "OwnerId"}.Scope(query)
	refusal, ok := errors.AsType[*soql.ScopeError](err)
	require.True(t, ok)
	line, column := refusal.Pos.LineColumn(query)
	require.Equal(t, [2]int{4, 21}, [2]int{line, column})
	require.Contains(t, refusal.Reason, "%userIdentifier% restricts nothing here")

	_, err = soql.UserFilter{IDs: []string{me}}.Scope("SELECT Id FROM Visit__c WHERE A = 1 AND AND B = 2")
	_, ok = errors.AsType[*soql.SyntaxError](err)
	require.True(t, ok)
	require.NotErrorIs(t, err, soql.ErrNotScoped)
}

func TestApplyLeavesTheQueryAsItIs(t *testing.T) {
	t.Parallel()
	for _, row := range legitimate {
		q, err := soql.Parse(row.query, token)
		require.NoError(t, err)
		before, err := soql.Parse(row.query, token)
		require.NoError(t, err)
		scoped, err := soql.UserFilter{IDs: []string{me, me2}, Field: row.field, Related: related}.Apply(q)
		require.NoError(t, err)
		require.True(t, soql.Equal(before, q), row.query)

		theirs := make(map[soql.Node]bool)
		for n := range soql.Preorder(scoped) {
			theirs[n] = true
		}
		for n := range soql.Preorder(q) {
			require.False(t, theirs[n], "%T is shared", n)
		}
	}
}

func TestApplyTakesBuiltQueries(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{me}, Field: "OwnerId"}

	got, err := f.Apply(where(soql.Or(soql.Eq("A", 1), soql.Eq("B", 2))))
	require.NoError(t, err)
	require.Equal(t, "SELECT Id FROM Account WHERE (A = 1 OR B = 2) AND OwnerId = '"+me+"'", got.String())

	for name, c := range map[string]soql.Condition{
		"an OR of nothing":    soql.Or(),
		"an empty IN":         soql.In("OwnerId", []string{}),
		"another placeholder": soql.Eq("OwnerId", &soql.Token{Name: "other"}),
		"no query":            nil,
	} {
		q := where(c)
		if c == nil {
			q = nil
		}
		got, err := f.Apply(q)
		require.Error(t, err, name)
		require.Nil(t, got, name)
	}
}

// staffOf are the staff whose user has one of the ids.
func staffOf(w world, ids []string, more rule) []string {
	var staff []string
	for _, r := range w["staff__c"] {
		if user, ok := r["user__c"].(string); ok && slices.Contains(ids, user) && more(r, ids) {
			staff = append(staff, r["id"].(string))
		}
	}
	return staff
}

func TestScopeGoesOverAnObjectBetween(t *testing.T) {
	t.Parallel()
	all := func(row, []string) bool { return true }
	for _, c := range []struct {
		query string
		staff rule // which of the user's staff
		want  rule // of a staff's records
	}{
		{"SELECT Id FROM Visit__c", all, rep1},
		{"SELECT Id FROM Visit__c WHERE Status__c = 'Open' OR City__c = 'Graz'", all, both(rep1, either(open, graz))},
		{"SELECT Id FROM Visit__c WHERE Id NOT IN (SELECT WhatId FROM Task WHERE WhatId = 'v99')", all, rep1},
		{"SELECT COUNT() FROM Visit__c v", all, rep1},
		{"SELECT Id FROM Visit__c WHERE Rep_2__c IN (SELECT Id FROM Staff__c WHERE User__c = '%userIdentifier%')", all, rep2},
		{"SELECT Id FROM Visit__c WHERE Rep_2__c IN (SELECT s.Id FROM staff__C s WHERE s.User__c IN (%userIdentifier%) AND Region__c = 'north') AND Status__c = 'Open'", has("region__c", "north"), both(rep2, open)},
	} {
		for _, ids := range [][]string{{me}, {me, me2}} {
			f := soql.UserFilter{IDs: ids, Field: "Rep_1__c", Via: &soql.Via{Object: "Staff__c", Field: "User__c"}, Related: related}
			got, err := f.Scope(c.query)
			require.NoError(t, err, c.query)
			q, err := soql.Parse(got, nil)
			require.NoError(t, err)
			rows := 0
			for seed := range uint64(20) {
				w := newWorld(seed)
				outer, _ := w.run(q, "visit__c", w["visit__c"])
				staff := staffOf(w, ids, c.staff)
				wanted := slices.DeleteFunc(slices.Clone(w["visit__c"]), func(r row) bool { return !c.want(r, staff) })
				require.Len(t, outer, len(wanted), got)
				for i, a := range outer {
					require.Equal(t, wanted[i]["id"], a.row["id"], got)
				}
				rows += len(outer)
			}
			require.Positive(t, rows, got)
		}
	}
}

func TestScopeRefusesAnotherObjectBetween(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{me}, Via: &soql.Via{Object: "Staff__c", Field: "User__c"}, Related: related}
	for _, where := range []string{
		"Rep_1__c IN (SELECT Id FROM Staff__c)",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE Name = '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c = '%userIdentifier%' OR Region__c = 'north')",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE NOT User__c = '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c != '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c LIKE '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE Boss__r.User__c = '%userIdentifier%')",
		"Rep_1__c IN (SELECT Boss__c FROM Staff__c WHERE User__c = '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Team__c WHERE User__c = '%userIdentifier%')",
		"Rep_1__c NOT IN (SELECT Id FROM Staff__c WHERE User__c = '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c = '" + me + "')",
		"Rep_1__c IN (SELECT Id FROM Staff__c user__C WHERE User__c = '%userIdentifier%')",
		"Rep_1__c IN (SELECT Id FROM Staff__c id WHERE User__c = '%userIdentifier%')",
	} {
		got, err := f.Scope("SELECT Id FROM Visit__c WHERE " + where)
		require.ErrorIs(t, err, soql.ErrNotScoped, where)
		require.Empty(t, got)
	}
	f.Field = "Rep_1__c"
	got, err := f.Scope("SELECT Id FROM Visit__c WHERE A IN (SELECT B FROM C) AND D IN (SELECT E FROM F)")
	require.ErrorIs(t, err, soql.ErrNotScoped)
	require.ErrorContains(t, err, "restricted, it is no query any more: more than 2 queries behind IN")
	require.Empty(t, got)

	for _, via := range []soql.Via{{}, {Object: "Staff__c"}, {Field: "User__c"}, {Object: "Staff__c WHERE", Field: "User__c"}, {Object: "S", Field: "U", Select: "A.B"}} {
		_, err := soql.UserFilter{IDs: []string{me}, Field: "Rep_1__c", Via: &via}.Scope("SELECT Id FROM Visit__c")
		require.ErrorIs(t, err, soql.ErrNotScoped, "%+v", via)
	}
}

func TestScopeRestrictsInnerQueriesWhenTold(t *testing.T) {
	t.Parallel()
	f := soql.UserFilter{IDs: []string{me}, Field: "OwnerId", Inner: soql.RestrictInner, Related: related}
	mine := " WHERE OwnerId = '" + me + "'"
	for in, want := range map[string]string{
		"SELECT Id, (SELECT Id FROM FollowUps__r) FROM Visit__c":                                      "SELECT Id, (SELECT Id FROM FollowUps__r" + mine + ") FROM Visit__c" + mine,
		"SELECT Id, (SELECT Id FROM Mystery__r LIMIT 1) FROM Visit__c":                                "SELECT Id, (SELECT Id FROM Mystery__r" + mine + " LIMIT 1) FROM Visit__c" + mine,
		"SELECT Id, (SELECT Id FROM Tasks) FROM Visit__c":                                             "SELECT Id, (SELECT Id FROM Tasks) FROM Visit__c" + mine,
		"SELECT Id, (SELECT Id, (SELECT Id FROM Visits__r) FROM Tasks) FROM Visit__c":                 "SELECT Id, (SELECT Id, (SELECT Id FROM Visits__r" + mine + ") FROM Tasks) FROM Visit__c" + mine,
		"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = %userIdentifier%) FROM Visit__c":    "SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c = '" + me + "') FROM Visit__c" + mine,
		"SELECT Id FROM Visit__c WHERE Parent__c IN (SELECT Id FROM Visit__c WHERE A = 1 OR B = 2)":   "SELECT Id FROM Visit__c WHERE Parent__c IN (SELECT Id FROM Visit__c WHERE (A = 1 OR B = 2) AND OwnerId = '" + me + "') AND OwnerId = '" + me + "'",
		"SELECT Id FROM Visit__c WHERE Parent__c NOT IN (SELECT Id FROM Visit__c WHERE A = 1)":        "",
		"SELECT Id, (SELECT Id FROM FollowUps__r OwnerId) FROM Visit__c":                              "",
		"SELECT Id, (SELECT Id FROM FollowUps__r WHERE Rep_1__c LIKE %userIdentifier%) FROM Visit__c": "",
	} {
		got, err := f.Scope(in)
		if want == "" {
			requireRefused(t, err, got)
			continue
		}
		require.NoError(t, err, in)
		require.Equal(t, want, got)
		if !strings.Contains(in, "A = 1") {
			requireOnlyMine(t, got, f.IDs)
		}
	}
	f.Inner = 2
	_, err := f.Scope("SELECT Id FROM Visit__c")
	require.ErrorIs(t, err, soql.ErrNotScoped)
}

// stranger says whether a condition may hold, and may fail, for a record of
// which no field has the user's identifier. What it cannot tell may do both.
func stranger(c soql.Condition, ids []string) (holds, fails bool) {
	switch c := c.(type) {
	case *soql.Negation:
		h, f := stranger(c.X, ids)
		return f, h
	case *soql.Logic:
		every, some := true, false
		for _, term := range c.Terms {
			h, f := stranger(term, ids)
			if c.Op == soql.OpOr {
				h, f = f, h
			}
			every, some = every && h, some || f
		}
		if c.Op == soql.OpOr {
			return some, every
		}
		return every, some
	case *soql.Comparison:
		return !(c.Op == soql.OpEq && allUser(c.Left, []soql.Value{c.Right}, ids)), true
	case *soql.Membership:
		if c.Query == nil && allUser(c.Left, c.Values, ids) || c.Query != nil && overStaff(c.Query, ids) {
			return c.Not, !c.Not
		}
	}
	return true, true
}

// overStaff reports whether a semi-join is over the user's staff only.
func overStaff(q *soql.Query, ids []string) bool {
	if !strings.EqualFold(q.From.Object, "Staff__c") || !strings.EqualFold(lastName(q.Select[0].(*soql.Field).Expr), "Id") {
		return false
	}
	terms := []soql.Condition{q.Where}
	if l, ok := q.Where.(*soql.Logic); ok && l.Op == soql.OpAnd {
		terms = l.Terms
	}
	return slices.ContainsFunc(terms, func(term soql.Condition) bool {
		switch c := term.(type) {
		case *soql.Comparison:
			return c.Op == soql.OpEq && strings.EqualFold(lastName(c.Left), "User__c") && allUser(c.Left, []soql.Value{c.Right}, ids)
		case *soql.Membership:
			return !c.Not && c.Query == nil && strings.EqualFold(lastName(c.Left), "User__c") && allUser(c.Left, c.Values, ids)
		case *soql.Logic:
			return c.Op == soql.OpAnd && overStaff(&soql.Query{Select: q.Select, From: q.From, Where: c}, ids)
		}
		return false
	})
}

// lastName is the last name of a path, "" of a function.
func lastName(x soql.Expr) string {
	if p, ok := x.(*soql.Path); ok {
		return p.Names[len(p.Names)-1]
	}
	return ""
}

// allUser reports whether all values are the user's identifiers, and x a field.
func allUser(x soql.Expr, values []soql.Value, ids []string) bool {
	_, field := x.(*soql.Path)
	return field && !slices.ContainsFunc(values, func(v soql.Value) bool {
		s, ok := v.(*soql.Text)
		return !ok || !slices.Contains(ids, s.Value)
	})
}

func FuzzScope(f *testing.F) {
	for _, row := range attacks {
		f.Add(row.query)
	}
	for _, row := range legitimate {
		f.Add(row.query)
	}
	for _, row := range spellings {
		f.Add(row.texts[0])
	}
	for _, e := range validCorpus(f) {
		f.Add(e.text)
	}
	f.Add("SELECT Id FROM Visit__c WHERE Rep_2__c IN (SELECT s.Id FROM staff__C s WHERE s.User__c IN (%userIdentifier%) AND Region__c = 'north')")
	ids := []string{me, "somebody"}
	via := &soql.Via{Object: "Staff__c", Field: "User__c"}
	f.Fuzz(func(t *testing.T, text string) {
		for _, filter := range []soql.UserFilter{
			{},
			{Field: "OwnerId"},
			{Field: "OwnerId", Inner: soql.RestrictInner},
			{Field: "Rep_1__c", Via: via, Inner: soql.RestrictInner},
		} {
			filter.IDs = ids
			got, err := filter.Scope(text)
			if err != nil {
				require.Empty(t, got)
				continue
			}
			requireRestricted(t, got, ids)
		}
	})
}

// requireRestricted requires of what a filter let through that it holds for no
// stranger.
func requireRestricted(t *testing.T, text string, ids []string) {
	t.Helper()
	q, err := soql.Parse(text, nil)
	require.NoError(t, err)
	holds, _ := stranger(q.Where, ids)
	require.False(t, q.Where == nil || holds, text)
	for n := range soql.Preorder(q) {
		requireInnerRestricted(t, n, q.From.Object, ids)
		switch n := n.(type) {
		case *soql.Alias:
			require.Fail(t, "a further object in FROM", text)
		case *soql.When:
			require.NotEqual(t, strings.ToLower(q.From.Object), strings.ToLower(n.Object), text)
		case *soql.Query:
			require.NotEqual(t, "everything", n.Scope)
			require.False(t, n.AllRows)
		}
	}
}

// requireInnerRestricted requires of a child subquery, which might lead
// anywhere, and of a semi-join over the same object that it is restricted.
func requireInnerRestricted(t *testing.T, n soql.Node, object string, ids []string) {
	t.Helper()
	var inner *soql.Query
	switch n := n.(type) {
	case *soql.Subquery:
		inner = n.Query
	case *soql.Membership:
		if n.Query != nil && strings.EqualFold(n.Query.From.Object, object) {
			inner = n.Query
		}
	}
	if inner != nil {
		holds, _ := stranger(inner.Where, ids)
		require.False(t, inner.Where == nil || holds, inner.String())
	}
}
