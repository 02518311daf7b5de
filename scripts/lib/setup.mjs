import {
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dependenciesInstalled, installDependencies } from './dependencies.mjs';
import { toolchain } from './paths.mjs';
import { Problem } from './problem.mjs';
import { Progress, seconds } from './progress.mjs';
import { bringTools, missingTools, placeTools } from './toolchain.mjs';

/**
 * Makes a fresh machine ready: Node.js, Yarn and the packages, each only where it is missing. When nothing is, it
 * says so at once and asks no network.
 */
export async function setUp() {
  const start = performance.now();
  if (process.platform === 'win32') {
    throw new Problem(
      'Windows itself is not supported.',
      'Run this inside WSL 2 (Ubuntu or Debian).',
    );
  }
  const whole = () => {
    const missing = missingTools();
    return { missing, installed: dependenciesInstalled() };
  };
  if (needed(whole()) > 0) {
    await alone(async () => {
      // Another setup may have done it all while this one waited
      const { missing, installed } = whole();
      const steps = needed({ missing, installed });
      if (steps === 0) {
        return;
      }
      const progress = new Progress('Setting up', steps);
      await bringTools(missing, progress);
      placeTools();
      if (!installed) {
        await installDependencies(progress);
      }
    });
    console.log(`Set up in ${seconds(start)}`);
  } else {
    placeTools();
    console.log(`Setup: nothing to do (${seconds(start)})`);
  }
}

function needed({ missing, installed }) {
  return [missing.node, missing.yarn, !installed].filter(Boolean).length;
}

/** Holds others that set up the same folder at the same time; a lock whose owner is gone counts for nothing. */
async function alone(work) {
  mkdirSync(toolchain, { recursive: true });
  const lock = join(toolchain, '.lock');
  let said = false;
  while (!take(lock)) {
    if (!said) {
      console.log('Another setup of this folder is running; waiting for it');
      said = true;
    }
    await sleep(500);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  }
  if (abandoned(lock)) {
    rmSync(lock, { force: true });
  }
  return false;
}

/** Its owner is gone, or it never got to write down who it is. */
function abandoned(lock) {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    return owner ? !alive(owner) : Date.now() - statSync(lock).mtimeMs > 5_000;
  } catch {
    return false;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
