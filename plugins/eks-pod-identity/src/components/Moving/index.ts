export { MoveActions, type MoveStands } from './MoveActions';
export { Moving } from './Moving';
