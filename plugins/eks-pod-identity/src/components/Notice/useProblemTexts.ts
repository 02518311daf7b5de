import type { Problem } from '../../hooks/problems';
import { useTexts } from '../../hooks/useTexts';

/** What could not be loaded: one identity, its reports, the timeline of a run, the fleet, all AWS access, a page of the documentation, or the setup. */
export type ProblemSubject =
  | 'identity'
  | 'reports'
  | 'timeline'
  | 'fleet'
  | 'access'
  | 'checks'
  | 'permissions'
  | 'setup';

/** A problem in words: what is wrong, and what to do about it. */
export function useProblemTexts() {
  const { t } = useTexts();
  return (
    problem: Problem,
    subject: ProblemSubject,
  ): { title: string; fix?: string } => {
    const isFleet = [
      'fleet',
      'access',
      'checks',
      'permissions',
      'setup',
    ].includes(subject);
    switch (problem.kind) {
      case 'forbidden':
        if (subject === 'setup') {
          return {
            title: t('problem.forbiddenSetup'),
            fix: t('problem.forbiddenSetupFix'),
          };
        }
        return isFleet
          ? {
              title: t('problem.forbiddenFleet'),
              fix: t('problem.forbiddenFleetFix'),
            }
          : { title: t('problem.forbidden'), fix: t('problem.forbiddenFix') };
      case 'unauthorized':
        return {
          title: t('problem.unauthorized'),
          fix: isFleet
            ? t('problem.unauthorizedFleetFix')
            : t('problem.unauthorizedFix'),
        };
      case 'missing-backend':
        return {
          title: t('problem.missingBackend'),
          fix: t('problem.missingBackendFix'),
        };
      case 'unknown-entity':
        return { title: t('problem.unknownEntity') };
      default:
        return {
          title: {
            identity: t('problem.unreachable'),
            reports: t('problem.reportsUnreachable'),
            timeline: t('problem.timelineUnreachable'),
            fleet: t('problem.fleetUnreachable'),
            access: t('problem.accessUnreachable'),
            checks: t('problem.checksUnreachable'),
            permissions: t('problem.permissionsUnreachable'),
            setup: t('problem.setupUnreachable'),
          }[subject],
          fix: problem.message,
        };
    }
  };
}
