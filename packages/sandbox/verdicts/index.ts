export {
  fewAtOnce,
  hidePods,
  PIPELINE,
  printTable,
  VERDICT_ACCOUNT,
  VERDICTS,
} from '../src/scenarios/verdicts';
export type { Verdict } from '../src/scenarios/verdicts';
