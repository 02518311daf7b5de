import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import type { Output } from '../io';
import { libraries } from '../libraries';
import { wrapFor } from './wrapping';

/** Of the column of status words. */
const WIDTH = 24;

/** The status of an identity of many, with its sentence unless it is proven. */
export function statusLines(
  report: VerificationReport,
  stream: Output,
): string {
  const { common } = libraries;
  const { namespace, serviceAccount } = report.ref;
  const { word } = common.STATUS_WORDS[report.status];
  const line = common.plainText(
    `${word.padEnd(WIDTH)}${namespace}/${serviceAccount}`,
  );
  if (report.status === 'verified') return line;
  const wrap = wrapFor(stream) ?? (text => text);
  return `${line}\n${wrap(
    `${' '.repeat(WIDTH)}${common.renderOutcomeLine(report)}`,
    WIDTH,
  )}`;
}
