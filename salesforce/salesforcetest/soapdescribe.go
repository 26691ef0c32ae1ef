package salesforcetest

import (
	"net/url"
	"slices"
	"strings"
)

// maxDescribed is how many objects one call describes.
const maxDescribed = 100

func invalidType(name string) error {
	return refusal("INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append "+
		"the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", name)
}

// describeGlobal lists the objects.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describeglobal.htm
func (s *soapCall) describeGlobal() error { return s.pass(nil, "sobjects") }

// describeSObject describes one object or several.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describesobjects.htm
func (s *soapCall) describeSObject() error {
	names := s.in.values("sObjectType")
	if len(names) > maxDescribed {
		return tooManyRows(maxDescribed)
	}
	for _, name := range names {
		if s.objectNamed(name) == nil {
			return invalidType(name)
		}
		if err := s.pass(nil, "sobjects", name, "describe"); err != nil {
			return err
		}
	}
	return nil
}

// getUpdated lists the ids of records that were created or changed.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getupdated.htm
func (s *soapCall) getUpdated() error { return s.replication("updated") }

// getDeleted lists records that were deleted.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getdeleted.htm
func (s *soapCall) getDeleted() error { return s.replication("deleted") }

func (s *soapCall) replication(resource string) error {
	name := s.in.value("sObjectType")
	if s.objectNamed(name) == nil {
		return invalidType(name)
	}
	return s.pass(url.Values{"start": {s.in.value("startDate")}, "end": {s.in.value("endDate")}}, "sobjects", name, resource)
}

// onlyREST are members of REST answers that SOAP does not have.
var onlyREST = []string{"urls", "objectDescribe"}

// pass answers with what REST says, whose members have the same names.
func (s *soapCall) pass(parameters url.Values, path ...string) error {
	v, err := s.ask(parameters, path...)
	if err != nil {
		return err
	}
	s.out.value("result", forSOAP(v))
	return nil
}

// zulu is an instant as XML has it; other texts stay as they are.
func zulu(s string) string {
	if wireInstant.MatchString(s) {
		return strings.TrimSuffix(s, "+0000") + "Z"
	}
	return s
}

// forSOAP leaves out what SOAP does not have, and writes instants as it does.
func forSOAP(v any) any {
	switch v := v.(type) {
	case string:
		return zulu(v)
	case []any:
		for i := range v {
			v[i] = forSOAP(v[i])
		}
	case []assignment:
		v = slices.DeleteFunc(v, func(a assignment) bool { return slices.Contains(onlyREST, a.name) })
		for i := range v {
			v[i].value = forSOAP(v[i].value)
		}
		return v
	}
	return v
}
