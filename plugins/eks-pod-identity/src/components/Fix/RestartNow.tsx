import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  DialogTrigger,
  Text,
} from '@backstage/ui';
import type {
  Identity,
  OutdatedWorkload,
} from 'backstage-plugin-eks-pod-identity-common';
import { useOperation, type OperationProgress } from '../../hooks/useOperation';
import { useId, type MutableRefObject } from 'react';
import { useAskedFor } from '../../hooks/useAskedFor';
import { useTexts } from '../../hooks/useTexts';
import styles from './Fix.module.css';

const PROBLEMS = {
  failed: 'fix.restartFailed',
  unfollowed: 'fix.restartUnfollowed',
} as const;

function Problems({ problem, warnings }: OperationProgress) {
  const { t } = useTexts();
  if (!problem && warnings.length === 0) return null;
  return (
    <div role="alert">
      <Alert
        status={problem?.kind === 'failed' ? 'danger' : 'warning'}
        icon
        title={
          problem
            ? t(PROBLEMS[problem.kind], { message: problem.message })
            : warnings.join(' ')
        }
      />
    </div>
  );
}

/** A button that restarts the workloads, once the user has read which, and shows how far that is; the portal verifies then. */
export function RestartNow({
  identity,
  entityRef,
  onChanged,
  workloads,
  first,
}: {
  identity: Identity;
  entityRef?: string;
  onChanged: () => void;
  workloads: OutdatedWorkload[];
  /** Id of the one of them that may open by itself. */
  first: MutableRefObject<string | undefined>;
}) {
  const { t } = useTexts();
  const { progress, start } = useOperation(onChanged);
  const { cluster, namespace, serviceAccount } = identity.ref;
  const restart = () =>
    start({
      kind: 'restart',
      input: { clusterName: cluster, namespace, serviceAccount, entityRef },
    });
  const id = useId();
  first.current ??= id;
  const asked = useAskedFor('restart', first.current === id);
  return (
    <div className={styles.restart}>
      <DialogTrigger defaultOpen={asked}>
        <Button size="small" variant="primary" isDisabled={progress.running}>
          {t('fix.restart')}
        </Button>
        <Dialog width={480}>
          <DialogHeader>
            {t('fix.restartTitle', { count: workloads.length })}
          </DialogHeader>
          <DialogBody>
            <ul className={styles.workloads}>
              {workloads.map(({ kind, name, pods }) => (
                <li key={`${kind}/${name}`}>
                  <Text weight="bold">
                    {t('fix.restartPods', {
                      workload: `${kind} ${name}`,
                      count: pods,
                    })}
                  </Text>
                </li>
              ))}
            </ul>
            <Text as="p" variant="body-medium">
              {t('fix.restartHow')}
            </Text>
          </DialogBody>
          <DialogFooter>
            <Button variant="secondary" slot="close">
              {t('fix.restartCancel')}
            </Button>
            <Button variant="primary" slot="close" onPress={restart}>
              {t('fix.restartConfirm')}
            </Button>
          </DialogFooter>
        </Dialog>
      </DialogTrigger>
      {/* Always mounted: screen readers only announce changes inside an existing status */}
      <div role="status">
        {progress.running && (
          <Text as="p" variant="body-small" color="secondary">
            {progress.lines.at(-1) ?? t('fix.restartRunning')}
          </Text>
        )}
      </div>
      <Problems {...progress} />
    </div>
  );
}
