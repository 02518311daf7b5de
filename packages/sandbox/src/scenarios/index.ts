import { agentScenarios } from './agent';
import { applicationScenarios } from './applications';
import { associationScenarios } from './association';
import { bulkAssociations } from './bulk';
import { clusterScenarios } from './cluster';
import { irsaAccount } from './irsa';
import { nodeScenarios } from './nodes';
import { permissionScenarios } from './permissions';
import { portalScenarios } from './portal';
import ROWS from './rows.json';
import type { RowId, Scenario } from './scenario';
import { trustScenarios } from './trust';
import { workloadScenarios } from './workloads';

/** The scenarios by name. */
export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  Object.entries({
    ...associationScenarios,
    ...trustScenarios,
    ...agentScenarios,
    ...nodeScenarios,
    ...clusterScenarios,
    ...workloadScenarios,
    ...permissionScenarios,
    ...portalScenarios,
    ...applicationScenarios,
    'bulk-associations': bulkAssociations,
    'irsa-account': irsaAccount,
  }),
);

/** Whether only what AWS records of a program shows it: a probe in its place works, or fails for another reason. */
export const isOfApplication = (name: string) =>
  Object.hasOwn(applicationScenarios, name);

/** The known failures, in the order of the way to the credentials, with the names of the scenarios that show each. */
export function scenariosByRow(): {
  row: RowId;
  title: string;
  notShown?: string;
  scenarios: string[];
}[] {
  return (Object.keys(ROWS) as RowId[])
    .sort(
      (a, b) =>
        Number(a.startsWith('E')) - Number(b.startsWith('E')) ||
        Number(a.replace('E', '')) - Number(b.replace('E', '')),
    )
    .map(row => ({
      row,
      ...ROWS[row],
      scenarios: [...SCENARIOS]
        .filter(([, { rows }]) => rows.includes(row))
        .map(([name]) => name),
    }));
}
