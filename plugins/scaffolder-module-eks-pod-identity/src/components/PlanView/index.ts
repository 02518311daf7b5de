export { PlanFrame } from './PlanFrame';
export { PlanView } from './PlanView';
