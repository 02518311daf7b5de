import { agentScenarios } from './agent';
import { associationScenarios } from './association';
import { bulkAssociations } from './bulk';
import { clusterScenarios } from './cluster';
import { nodeScenarios } from './nodes';
import { permissionScenarios } from './permissions';
import { portalScenarios } from './portal';
import { ROWS, RowId } from './rows';
import type { Scenario } from './scenario';
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
    'bulk-associations': bulkAssociations,
  }),
);

/** The known failures with the names of the scenarios that show each, in order. */
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
