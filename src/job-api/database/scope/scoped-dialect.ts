import { CompiledQuery, type DatabaseConnection, type Dialect as KyselyDialect, type Driver, type Kysely, type KyselyPlugin } from "kysely";
import type { AppDatabase } from "../app-tables.ts";
import type { Dialect } from "../open-database.ts";
import { checkQuery } from "./check-query.ts";
import type { Node } from "./nodes.ts";
import { readTenancy, type Scope, type Tenancy } from "./tenancy.ts";

/** A database that is guarded, and what gets by the guard. */
export interface ScopedDialect {
  dialect: KyselyDialect;
  /** For our own statements, which are made for one organization: `db.withPlugin(trust)`. */
  trust: KyselyPlugin;
  /** What the guard knows of the tables; asks the catalogue by this database where nobody did before. */
  tenancy(db: Kysely<AppDatabase>): Promise<Tenancy>;
}

/**
 * Looks at each query where it meets its connection: no way to make a query leads past it, be it without plugins or compiled
 * by hand. The catalogue is read before the first one.
 */
export function scopedDialect(inner: KyselyDialect, kind: Dialect, scope: Scope): ScopedDialect {
  const trusted = new WeakSet<object>();
  const known: { tenancy?: Promise<Tenancy> } = {};
  const tenancyBy = async ({ executeQuery }: Pick<DatabaseConnection, "executeQuery">): Promise<Tenancy> =>
    (known.tenancy ??= readTenancy(kind, scope, async (text) => (await executeQuery(ownQuery(text))).rows as never));
  const ownQuery = (text: string): CompiledQuery => {
    const query = CompiledQuery.raw(text);
    trusted.add(query.query);
    return query;
  };
  const check = async ({ query }: CompiledQuery, connection: DatabaseConnection): Promise<void> => {
    if (trusted.has(query)) return;
    const executeQuery = connection.executeQuery.bind(connection);
    checkQuery(query as unknown as Node, { scope, tenancy: await tenancyBy({ executeQuery }) });
  };
  return {
    dialect: {
      createAdapter: () => inner.createAdapter(),
      createQueryCompiler: () => inner.createQueryCompiler(),
      createIntrospector: (db) => inner.createIntrospector(db),
      createDriver: () => guardedDriver(inner.createDriver(), check),
    },
    trust: {
      transformQuery({ node }) {
        trusted.add(node);
        return node;
      },
      transformResult: async ({ result }) => result,
    },
    tenancy: async (db) => tenancyBy({ executeQuery: async (query) => db.executeQuery(query as CompiledQuery<never>) }),
  };
}

type Check = (query: CompiledQuery, connection: DatabaseConnection) => Promise<void>;

/** The driver's own statements (begin, commit) go to the connection itself. */
function guardedDriver(driver: Driver, check: Check): Driver {
  const inside = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const own = (connection: DatabaseConnection): DatabaseConnection => inside.get(connection) ?? connection;
  return {
    init: async (options) => driver.init(options),
    async acquireConnection(options) {
      const connection = await driver.acquireConnection(options);
      const guarded = guardedConnection(connection, check);
      inside.set(guarded, connection);
      return guarded;
    },
    beginTransaction: async (connection, settings) => driver.beginTransaction(own(connection), settings),
    commitTransaction: async (connection) => driver.commitTransaction(own(connection)),
    rollbackTransaction: async (connection) => driver.rollbackTransaction(own(connection)),
    savepoint: async (connection, ...rest) => driver.savepoint?.(own(connection), ...rest),
    rollbackToSavepoint: async (connection, ...rest) => driver.rollbackToSavepoint?.(own(connection), ...rest),
    releaseSavepoint: async (connection, ...rest) => driver.releaseSavepoint?.(own(connection), ...rest),
    releaseConnection: async (connection, options) => driver.releaseConnection(own(connection), options),
    destroy: async (options) => driver.destroy(options),
  };
}

function guardedConnection(connection: DatabaseConnection, check: Check): DatabaseConnection {
  return {
    async executeQuery(query, options) {
      await check(query, connection);
      return connection.executeQuery(query, options);
    },
    async *streamQuery(query, chunkSize, options) {
      await check(query, connection);
      yield* connection.streamQuery(query, chunkSize, options);
    },
  };
}
