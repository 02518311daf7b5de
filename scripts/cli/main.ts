import { start } from '../../packages/cli/src';

start();
