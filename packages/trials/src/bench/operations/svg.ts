import type { Timeline } from 'backstage-plugin-eks-pod-identity-common';
import { criticalPath } from './criticalPath.mjs';

const WIDTH = 900;
const LABELS = 330;
const ROW = 17;
const HEAD = 34;
const LEGEND = 30;

/** Readable on a light and on a dark page: it has its own ground, and follows the reader's choice. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .head { font-weight: 600; font-size: 14px; }
  .axis { fill: #59636e; }
  .ground { fill: #ffffff; }
  .line { stroke: #d1d9e0; }
  .call { fill: #8c959f; }
  .critical { fill: #0969da; }
  .wait { fill: none; stroke: #9a6700; stroke-dasharray: 3 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .axis { fill: #9198a1; }
    .ground { fill: #0d1117; }
    .line { stroke: #3d444d; }
    .call { fill: #656c76; }
    .critical { fill: #4493f8; }
    .wait { stroke: #d29922; }
  }`;

const escape = (text: string) =>
  text.replace(/[&<>]/g, sign => `&#${sign.charCodeAt(0)};`);

const text = (x: number, y: number, words: string, style = '') =>
  `<text x="${x}" y="${y}"${style && ` class="${style}"`}>${escape(
    words,
  )}</text>`;

/** Steps of the axis: 1, 2 or 5 times a power of ten, at most six. */
function stepOf(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms / 6));
  return [1, 2, 5, 10].map(n => n * power).find(step => ms / step <= 6)!;
}

function rowOf(entry: Timeline['entries'][number], critical: Set<unknown>) {
  return entry.type === 'call'
    ? {
        label: `${
          entry.service === 'kubernetes'
            ? 'Kubernetes'
            : entry.service.toUpperCase()
        } ${entry.operation}`,
        waitMs: entry.waitMs,
        style: critical.has(entry) ? 'critical' : 'call',
        says: entry.waitedFor ? `waited for ${entry.waitedFor}` : '',
      }
    : {
        label: `pause: ${entry.why}`,
        waitMs: entry.durationMs,
        style: 'wait',
        says: '',
      };
}

/** The timelines of operations below each other, on one scale; the critical path stands out. */
export function drawTimelines(
  operations: { title: string; timeline: Timeline }[],
): string {
  const longest = Math.max(...operations.map(one => one.timeline.durationMs));
  const scale = (WIDTH - LABELS - 70) / longest;
  const x = (ms: number) => Math.round((LABELS + ms * scale) * 10) / 10;
  const step = stepOf(longest);
  const bar = (
    style: string,
    startMs: number,
    ms: number,
    y: number,
    says: string,
  ) => {
    const width = Math.max(2, Math.round(ms * scale * 10) / 10);
    return `<rect class="${style}" x="${x(startMs)}" y="${
      y + 2
    }" width="${width}" height="${ROW - 6}"><title>${escape(
      says,
    )}</title></rect>`;
  };
  const parts: string[] = [];
  let top = LEGEND;
  for (const { title, timeline } of operations) {
    const critical = new Set(criticalPath(timeline));
    const height = timeline.entries.length * ROW;
    parts.push(text(8, top + 20, title, 'head'));
    for (let ms = 0; ms <= longest; ms += step) {
      parts.push(
        `<line class="line" x1="${x(ms)}" x2="${x(ms)}" y1="${
          top + HEAD - 6
        }" y2="${top + HEAD + height}"/>`,
        text(x(ms) + 3, top + 22, `${ms} ms`, 'axis'),
      );
    }
    for (const [index, entry] of timeline.entries.entries()) {
      const { label, waitMs, style, says } = rowOf(entry, critical);
      const y = top + HEAD + index * ROW;
      const workMs = entry.durationMs;
      const sentMs =
        entry.type === 'call' ? entry.startMs + waitMs : entry.startMs;
      parts.push(text(8, y + 11, label));
      if (entry.type === 'call' && waitMs > 0) {
        parts.push(bar('wait', entry.startMs, waitMs, y, says));
      }
      parts.push(bar(style, sentMs, workMs, y, `${Math.round(workMs)} ms`));
    }
    top += HEAD + height + 14;
  }
  const legend = [
    `<rect class="critical" x="8" y="9" width="24" height="11"/>${text(
      38,
      19,
      'call on the critical path',
    )}`,
    `<rect class="call" x="200" y="9" width="24" height="11"/>${text(
      230,
      19,
      'other call',
    )}`,
    `<rect class="wait" x="310" y="9" width="24" height="11"/>${text(
      340,
      19,
      'wait or pause',
    )}`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="The calls of ${operations
      .map(({ title }) => escape(title))
      .join(', ')}, by the time at which each was made">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${top}"/>`,
    ...legend,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
