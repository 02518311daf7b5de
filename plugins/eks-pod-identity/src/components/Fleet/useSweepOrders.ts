import { useApi } from '@backstage/frontend-plugin-api';
import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';

const POLL_MS = 3_000;
/** A cluster that still cannot be read looks as before. */
const PATIENCE_MS = 90_000;

/** What tells that a sweep has ended. */
const marksOf = ({ lastSweepAt, stale }: ClusterOverview) =>
  JSON.stringify([lastSweepAt, stale]);

interface Order {
  marks: string;
  at: number;
  refusal?: string;
}

export interface SweepOrder {
  isLooking: boolean;
  refusal?: string;
  order: () => void;
}

/** Has clusters looked at now, and loads the list again until it says what came of it. */
export function useSweepOrders(
  clusters: ClusterOverview[] | undefined,
  reload: () => void,
): (cluster: ClusterOverview) => SweepOrder {
  const api = useApi(podIdentityApiRef);
  const [orders, setOrders] = useState<Record<string, Order>>({});
  const isOpen = (cluster: ClusterOverview) => {
    const order = orders[cluster.id];
    return (
      order !== undefined &&
      order.refusal === undefined &&
      order.marks === marksOf(cluster) &&
      Date.now() - order.at < PATIENCE_MS
    );
  };
  const waits = clusters?.some(isOpen) ?? false;
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setTimeout(reload, POLL_MS);
    return () => clearTimeout(timer);
    // The list is another one after each load
  }, [waits, clusters, reload]);

  return cluster => ({
    isLooking: isOpen(cluster),
    refusal: orders[cluster.id]?.refusal,
    order: () => {
      const order = { marks: marksOf(cluster), at: Date.now() };
      const note = (more: Partial<Order>) =>
        setOrders(all => ({ ...all, [cluster.id]: { ...order, ...more } }));
      note({});
      api
        .sweepCluster(cluster.id)
        .catch(error => note({ refusal: sentenceOf(error) }));
    },
  });
}
