import { example, targetOf } from './example';

const target = targetOf('payments-api');

export const examples = [
  example(
    'Rehearse the move with a service account of its own; nothing of the workload is touched',
    {
      id: 'rehearse',
      name: 'Rehearse the move',
      action: 'eks:pod-identity:migrate',
      input: target,
    },
  ),
  example(
    'Move it, and verify where nothing waits to be confirmed',
    {
      id: 'migrate',
      name: 'Move to Pod Identity',
      action: 'eks:pod-identity:migrate',
      input: { ...target, until: 'moved' },
    },
    {
      id: 'verify',
      name: 'Prove that it works',
      if: "${{ steps.migrate.output.state == 'moved' }}",
      action: 'eks:pod-identity:verify',
      input: target,
    },
  ),
  example(
    'Go on after you have seen that the first workload works by Pod Identity',
    {
      id: 'migrate',
      name: 'Go on with the move',
      action: 'eks:pod-identity:migrate',
      input: {
        ...target,
        until: 'moved',
        confirmed: ['Deployment payments-api'],
      },
    },
  ),
];
