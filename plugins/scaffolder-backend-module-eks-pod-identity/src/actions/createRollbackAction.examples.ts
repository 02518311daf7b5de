import { example, targetOf } from './example';

const target = targetOf('payments-api');

const rollBack = (input: object) => ({
  id: 'rollback',
  name: 'Go back to IRSA',
  action: 'eks:pod-identity:rollback',
  input,
});

export const examples = [
  example(
    'Take a component that was moved to Pod Identity back to IRSA',
    rollBack(target),
  ),
  example(
    'Take it back although its pods do not work by Pod Identity; they are not restarted once more before',
    rollBack({ ...target, broken: true }),
  ),
];
