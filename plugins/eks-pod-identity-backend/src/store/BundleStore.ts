import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FactBundle } from 'eks-pod-identity-engine';
import { Knex } from 'knex';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** The facts of the verifications that a user or a service started; they go with their reports. */
export class BundleStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async insert(bundle: FactBundle, tx: Knex = this.#knex): Promise<void> {
    const packed = await pack(JSON.stringify(bundle));
    await tx('report_bundles')
      .insert({
        report_id: bundle.report.id,
        bundle: packed.toString('base64'),
      })
      .onConflict('report_id')
      .ignore();
  }

  /** The text of a bundle. */
  async find(reportId: string): Promise<string | undefined> {
    const row = await this.#knex('report_bundles')
      .where({ report_id: reportId })
      .first();
    if (!row) return undefined;
    return (await unpack(Buffer.from(row.bundle, 'base64'))).toString('utf8');
  }
}
