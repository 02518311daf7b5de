export { MoveActions, type MoveStands } from './MoveActions';
export { isMove, Moving } from './Moving';
