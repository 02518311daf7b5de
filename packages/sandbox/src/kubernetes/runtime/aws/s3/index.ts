import { Command } from '../sdk';
import { S3API_COMMANDS } from './api';
import { mb, rb } from './buckets';
import { cp } from './cp';
import { ls } from './ls';
import { rm } from './rm';
import { TRANSFER_FLAGS } from './transfers';

/** `aws s3 …` and `aws s3api …` */
export const S3_COMMANDS: Record<string, Command> = {
  's3 cp': {
    options: [...TRANSFER_FLAGS, 'recursive', 'no-progress'],
    run: cp,
  },
  's3 ls': { options: ['recursive', 'human-readable', 'summarize'], run: ls },
  's3 mb': { run: mb },
  's3 rb': { options: ['force'], run: rb },
  's3 rm': { options: [...TRANSFER_FLAGS, 'recursive'], run: rm },
  ...S3API_COMMANDS,
};
