export { PlanChoice } from './PlanChoice';
export { PlanFrame } from './PlanFrame';
export { PlanView } from './PlanView';
