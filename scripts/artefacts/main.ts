import { artefacts } from '../../packages/engine/src/artefacts/artefacts';
import { writeOrCheck } from '../lib/made.mjs';

writeOrCheck(artefacts(), 'yarn artefacts');
