import type { OperationResult } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { RunEnd } from '../../operations/Run';
import type { OperationRecord } from '../../store';
import type { ObservedAssociation } from '../../store/AssociationStore';
import type { StatusChange } from '../StatusRecorder';
import { API, recorderOn } from './statusReports';

export const ENTITY = 'component:default/api';

export const row = (
  more: Partial<ObservedAssociation> = {},
): ObservedAssociation => ({
  ref: API,
  associationId: 'a-1',
  arn: 'arn:a-1',
  owner: 'portal',
  roleArn: 'arn:former',
  orphan: true,
  drift: true,
  listedAt: 1,
  ...more,
});

/** A recorder, and what it tells. */
export function recording(knex: Knex) {
  const { store, recorder, write } = recorderOn(knex);
  const told: StatusChange[] = [];
  recorder.onChange(async change => {
    told.push(change);
  });
  const ends = (
    kind: OperationRecord['kind'],
    end: Omit<Partial<RunEnd>, 'result'> & { result?: OperationResult } = {},
    entityRef: string | undefined = ENTITY,
  ) =>
    recorder.recordEnd({
      records: [
        {
          id: `op-${kind}`,
          ref: API,
          kind,
          input: {},
          entityRef,
        } as OperationRecord,
      ],
      state: 'succeeded',
      ...end,
    });
  const association = async () =>
    (await store.associations.ofCluster('prod'))[0];
  const state = async () => (await store.serviceAccounts.find(API))!;
  return { store, recorder, write, told, ends, association, state };
}
