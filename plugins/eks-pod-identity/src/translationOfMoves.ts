/** Texts of moves from IRSA to Pod Identity. */
export const moveMessages = {
  movePlan: {
    title: 'Move from IRSA to Pod Identity',
    about:
      'Every stage with the commands that you run, what is done already, and the way back. It is read from the cluster and from AWS now; nothing is changed.',
    open: 'Plan the move',
    loading: 'Reading the cluster for the plan of the move',
    reload: 'Read again',
    none: 'Nothing is moved as it stands.',
    next: 'next',
    done: 'done',
    'to-do': 'later',
    'left-out': 'left out',
    commandsOf: 'Commands: {{title}}',
    statementsOf: 'Statements: {{title}}',
    until: 'Until: {{until}}',
    before: 'Look first',
    back: 'The way back',
    backBefore: 'First, while its pods work by Pod Identity:',
    backThen: 'Then:',
    backAgain: 'The association again:',
    noBack: 'No way back without refusals',
    readAt: 'Read {{when}}.',
    forbidden:
      'The plan quotes the trust policy of its role. It is for administrators of this portal, and for the owner whom the tag of the role names, where that policy names only service accounts that the owner is allowed to see.',
    problem: 'The plan could not be loaded.',
  },
  moving: {
    title: 'Moving to Pod Identity.',
    offer:
      'The portal does what its buttons say, each step with its proof, or you run the commands.',
    rehearse: 'Rehearse it',
    move: 'Move it',
    goOn: 'Go on',
    confirm: 'It works, go on',
    rollBack: 'Roll back',
    cancel: 'Cancel',
    moveTitle: 'Move to Pod Identity',
    confirmTitle: 'Confirm that it works',
    rollBackTitle: 'Go back to IRSA',
    rehearseTitle: 'Rehearse the move',
    takeOutTitle: 'Take the statement out',
    rehearses:
      'Another service account obtains the role by Pod Identity, and goes again. Nothing of the workload is touched.',
    addsStatement:
      'The portal adds its statement to the trust policy of the role first. The statement stays until the move is rolled back.',
    takesOut:
      'The portal takes the statement that it added out of the trust policy of the role. Nothing of the workload is touched.',
    newPods:
      'The portal makes the association. From then on every pod that starts takes Pod Identity; the pods that run keep IRSA until they are restarted.',
    restarts:
      'A test pod proves the new road first. Then the portal restarts one workload after the other, and each has to obtain the role before the next.',
    goesBack:
      'Where a step fails after the association was made, the portal takes the move back to IRSA. Where it cannot see whether a workload works, it stops there.',
    acceptNoWayBack: 'The portal moves it all the same.',
    confirms:
      'CloudTrail does not show that these obtained the role: {{workloads}}. Look at them first. What you confirm counts as proven, and the portal restarts the next workload.',
    rollsBack:
      'The portal restarts the workloads once more on Pod Identity, deletes the association, waits until every API server hands out IRSA again, and restarts them on IRSA. Where IRSA does not come back, it makes the association again.',
    finish: 'Finish the move',
    takesIrsaOut:
      'The portal takes this service account out of IRSA in the trust policy of role {{role}}. A statement that lets others in loses it alone; one that lets nothing else in goes. The annotation of the service account stays.',
    endsIrsa:
      'IRSA ends for this service account: a program that still asks by it is refused. What is taken out is recorded, and "Roll back" puts it back.',
    putsIrsaBack:
      'First the portal puts what it took out of IRSA back into the trust policy of the role, and a test pod proves it.',
    reading: 'The portal reads the cluster.',
    ended_planned: 'Nothing was changed.',
    ended_rehearsed:
      'Rehearsed: another service account obtained the role by Pod Identity. Nothing of the workload was touched.',
    ended_moving: 'The move waits.',
    ended_moved:
      'Moved: all pods of its Deployments, StatefulSets and DaemonSets have Pod Identity.',
    ended_finished:
      'Finished: the role lets the service account in by Pod Identity alone.',
    ended_back: 'Back: its pods have IRSA again.',
    failed: '{{message}}',
    unfollowed:
      'The portal goes on with it, but this page can no longer follow it: {{message}}',
    waits_confirm:
      'The move stopped {{when}}. The owner of the component has to confirm that these work: {{workloads}}.',
    waits_go:
      'The move stopped {{when}}. The owner of the component has to resume it.',
    running_migrate: 'The portal is working on it. It began {{when}}.',
    running_rollback: 'The portal takes it back to IRSA. It began {{when}}.',
    cancelled_migrate: 'It was cancelled {{when}}. What it had done stands.',
    failed_migrate: 'It did not go on {{when}}. What it had done stands.',
    cancelled_rollback:
      'The way back was cancelled {{when}}. What it had done stands.',
    failed_rollback:
      'The way back did not end {{when}}. What it had done stands.',
  },
  moveRecords: {
    title: 'What moves have left in trust policies',
    count_one: 'one record',
    count_other: '{{count}} records',
    about:
      'The portal keeps a record from the first time a move writes to a role until you roll the move back. It does not read the roles for this list, so their trust policies may have changed since. Where a row has no button, run the action eks:pod-identity:rollback.',
    loading: 'Loading the records of moves',
    lastAdded: 'last added {{when}}',
    firstTakenOut: 'first taken out {{when}}',
    added: 'A move added a statement to role {{role}}.',
    takenOut: 'A move took it out of IRSA in role {{role}}.',
    unknown:
      'Role {{role}}: this version of the portal cannot tell what a move wrote there.',
    problem: 'The records could not be loaded.',
  },
  moveNext: {
    none: 'The portal no longer knows how the move ended. "Roll back" undoes what it did.',
    noneOfIrsa:
      'The portal no longer knows how the move ended. If its association is gone, "Roll back" does not put IRSA back: the owner of the role has to do that.',
    alone: 'The portal is working on it.',
    waiting:
      'The owner of the component confirms that it works, or rolls it back.',
    stopped: 'Go on with it, or roll it back.',
    moved: 'Finish the move, or roll it back.',
    finished: 'There is nothing left to do. "Roll back" puts IRSA back.',
  },
  moveTeam: {
    section: 'Moves of this team',
    button: 'Move all that is ready of {{team}} ({{count}})',
    title: 'Move all that is ready of {{team}}',
    order:
      'The portal moves one service account after the other, in this order: it makes the association, restarts the workloads, and waits until CloudTrail shows that each of them obtained the role, which takes up to 20 minutes.',
    fails:
      'The first move that fails ends the rest, and so does one that waits for you. The portal takes a failed move back to IRSA where it can. What is refused before anything is changed is left out.',
    alone:
      'It goes on without this page. Nothing begins later than 24 hours from now, because what you are allowed to do is asked now.',
    first: 'These are the first {{count}} of {{total}}.',
    confirm_one: 'Move it',
    confirm_other: 'Move these {{count}}',
    running: 'Moving {{team}}: {{done}} of {{total}} done',
    ended: 'Last moves of {{team}}: {{done}} of {{total}} moved',
    now: 'Now: {{name}}',
    stop: 'Stop after this one',
    stopping: 'Stops after this one',
    each: 'Each of them',
    notBegun: 'not begun',
    unknown: 'How it goes on could not be loaded. It goes on all the same.',
    state_waiting: 'waits',
    state_moving: 'moving',
    state_moved: 'moved',
    'state_left-out': 'left out',
    state_failed: 'not moved to its end',
  },
} as const;
