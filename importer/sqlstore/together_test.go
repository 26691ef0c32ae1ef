package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
)

// Workers of a host that are started together bring the same database up.
func TestStoresOpenedAtOnce(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
		require.NoError(t, err)
		var workers errgroup.Group
		for range 6 {
			db := database.Open(t)
			workers.Go(func() error {
				_, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: database.Dialect, Objects: objects})
				return err
			})
		}
		require.NoError(t, workers.Wait())
	})
}
