import type {
  AccessProgram,
  AccessRow,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { fromJson } from './values';

/** Rows are parsed on the thread that serves requests: so many at once take a few milliseconds. */
const AT_ONCE = 200;

/** The programs of all rows of a cluster, by `namespace/name`. */
export async function programsOf(
  knex: Knex,
  cluster: string,
): Promise<Map<string, AccessProgram[]>> {
  const programs = new Map<string, AccessProgram[]>();
  for (let offset = 0; ; offset += AT_ONCE) {
    const rows = await knex('access')
      .where({ cluster })
      .orderBy(['namespace', 'service_account'])
      .offset(offset)
      .limit(AT_ONCE)
      .select<{ details: string }[]>('details');
    for (const row of rows.map(one => fromJson<AccessRow>(one.details))) {
      const { namespace, serviceAccount } = row.ref;
      if (row.programs?.length) {
        programs.set(`${namespace}/${serviceAccount}`, row.programs);
      }
    }
    if (rows.length < AT_ONCE) return programs;
  }
}
