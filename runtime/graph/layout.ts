import ELK from 'elkjs';
import type { ElkExtendedEdge, ElkNode } from 'elkjs';
import { measureBox, measureLabel } from './measure';
import type { SizedBox, SizedLabel } from './measure';
import type { Arrow, Box, Picture } from './picture';
import { firstArrows, simplify } from './simplify';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

/** Everything has its place; lengths are from the picture's upper left corner. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly arrows: readonly PlacedArrow[];
  /** Where the machine, and each state that holds others, begins. */
  readonly starts: readonly {
    readonly of: string;
    readonly place: Rectangle;
    readonly ways: readonly Way[];
  }[];
  /** What was laid out: the picture itself, unless it is too large. */
  readonly picture: Picture;
  readonly simplified: boolean;
}

export interface PlacedBox {
  readonly box: Box;
  readonly place: Rectangle;
  readonly sized: SizedBox;
}

export interface PlacedArrow {
  readonly arrow: Arrow;
  readonly way: Way;
  readonly label: { readonly place: Rectangle; readonly sized: SizedLabel } | undefined;
}

/** The corners of a line, ends included. */
export type Way = readonly Point[];

/** Of the sign with which a call begins. */
const startSize = { width: 50, height: 22 } as const;

/**
 * Boxes and arrows together up to which a picture is laid out with the greatest care, and with less; a larger one is
 * simplified. The careful way takes a second for 30, ten for 100, and a minute for 200.
 */
const limits = { great: 70, some: 180 } as const;

type Care = 'great' | 'some' | 'none';

/** Gives everything its place. */
export async function layOut(whole: Picture): Promise<Layout> {
  const size = whole.boxes.length + whole.arrows.length;
  const care: Care = size <= limits.great ? 'great' : size <= limits.some ? 'some' : 'none';
  const picture = care === 'none' ? simplify(whole) : whole;
  const plan = planOf(picture);
  const elk = new ELK();
  const placed = await elk.layout({ ...plan.graph, layoutOptions: optionsOf(care) });
  const nodes = new Map<string, ElkNode>();
  const visit = (node: ElkNode): void => {
    nodes.set(node.id, node);
    node.children?.forEach(visit);
  };
  visit(placed);
  const edges = new Map((placed.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    width: Math.ceil(placed.width ?? 0),
    height: Math.ceil(placed.height ?? 0),
    boxes: picture.boxes.flatMap((box) => {
      const node = nodes.get(boxId(box.name));
      const sized = plan.sizes.get(box.name);
      return node === undefined || sized === undefined
        ? []
        : [{ box, sized, place: rectangleOf(node) }];
    }),
    arrows: picture.arrows.flatMap((arrow) => {
      const edge = edges.get(arrow.id);
      const sized = plan.labels.get(arrow.id);
      if (edge === undefined) return [];
      const [label] = edge.labels ?? [];
      return [
        {
          arrow,
          way: wayOf(edge),
          label:
            sized === undefined || label === undefined
              ? undefined
              : { sized, place: rectangleOf(label) },
        },
      ];
    }),
    starts: plan.starts.flatMap(({ of, targets }) => {
      const node = nodes.get(startId(of));
      if (node === undefined) return [];
      const ways = targets.flatMap((_, index) => {
        const edge = edges.get(startEdge(of, index));
        return edge === undefined ? [] : [wayOf(edge)];
      });
      return [{ of, place: rectangleOf(node), ways }];
    }),
    picture,
    simplified: care === 'none',
  };
}

interface Plan {
  readonly graph: ElkNode;
  readonly sizes: ReadonlyMap<string, SizedBox>;
  readonly labels: ReadonlyMap<string, SizedLabel>;
  readonly starts: readonly { readonly of: string; readonly targets: readonly string[] }[];
}

function planOf({ boxes, arrows }: Picture): Plan {
  const measured = new Map(boxes.map((box) => [box.name, measureBox(box)]));
  const labels = new Map(
    arrows.flatMap((arrow) => {
      const label = measureLabel(arrow);
      return label === undefined ? [] : [[arrow.id, label] as const];
    }),
  );
  const starts = boxes
    .filter(({ type, initial }) => type !== 'parallel' && initial.length > 0)
    .map(({ name, initial }) => ({ of: name, targets: initial }));
  const childrenOf = new Map<string, Box[]>();
  for (const box of boxes) {
    if (box.parent === undefined) continue;
    childrenOf.set(box.parent, [...(childrenOf.get(box.parent) ?? []), box]);
  }
  const nodeOf = (box: Box): ElkNode => {
    const sized = measured.get(box.name) ?? measureBox(box);
    const inner = childrenOf.get(box.name) ?? [];
    if (inner.length === 0)
      return { id: boxId(box.name), width: sized.width, height: sized.height };
    return {
      id: boxId(box.name),
      children: [...startNodes(box, starts), ...inner.map(nodeOf)],
      layoutOptions: {
        'elk.padding': `[top=${sized.height + 10},left=18,bottom=18,right=18]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${sized.width},${sized.height})`,
      },
    };
  };
  const [root] = boxes;
  const tops =
    root === undefined ? [] : root.drawn ? [nodeOf(root)] : (childrenOf.get('') ?? []).map(nodeOf);
  const outer = root === undefined || root.drawn ? [] : startNodes(root, starts);
  const onwards = firstArrows(boxes, arrows);
  const edges: ElkExtendedEdge[] = [
    ...starts.flatMap(({ of, targets }) =>
      targets.map((target, index) => ({
        id: startEdge(of, index),
        sources: [startId(of)],
        targets: [boxId(target)],
        layoutOptions: {
          'elk.layered.priority.direction': '10',
          'elk.layered.priority.straightness': '10',
        },
      })),
    ),
    ...arrows.map((arrow): ElkExtendedEdge => {
      const { id, from, to } = arrow;
      const label = labels.get(id);
      return {
        id,
        sources: [boxId(from)],
        targets: [boxId(to)],
        // What leads onwards points onwards; of what leads back, the layout chooses.
        ...(onwards.has(arrow)
          ? { layoutOptions: { 'elk.layered.priority.direction': '10' } }
          : {}),
        ...(label === undefined
          ? {}
          : {
              labels: [
                {
                  text: id,
                  width: label.width,
                  height: label.height,
                  layoutOptions: { 'elk.edgeLabels.inline': 'true' },
                },
              ],
            }),
      };
    }),
  ];
  return {
    graph: { id: 'picture', children: [...outer, ...tops], edges },
    sizes: measured,
    labels,
    starts,
  };
}

function startNodes({ name }: Box, starts: Plan['starts']): ElkNode[] {
  if (!starts.some(({ of }) => of === name)) return [];
  return [{ id: startId(name), ...(name === '' ? startSize : { width: 14, height: 14 }) }];
}

function optionsOf(care: Care): Record<string, string> {
  return {
    'elk.algorithm': 'layered',
    // A tree that is wide is easier read from the left, as a list is.
    'elk.direction': care === 'none' ? 'RIGHT' : 'DOWN',
    'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.json.shapeCoords': 'ROOT',
    'elk.json.edgeCoords': 'ROOT',
    'elk.randomSeed': '1',
    'elk.padding': '[top=16,left=16,bottom=16,right=16]',
    'elk.edgeLabels.placement': 'CENTER',
    'elk.spacing.nodeNode': '28',
    'elk.spacing.edgeNode': '18',
    'elk.spacing.edgeEdge': '12',
    'elk.spacing.edgeLabel': '4',
    'elk.spacing.labelLabel': '8',
    'elk.spacing.labelNode': '8',
    'elk.layered.spacing.nodeNodeBetweenLayers': '30',
    'elk.layered.spacing.edgeNodeBetweenLayers': '14',
    'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
    'elk.layered.cycleBreaking.strategy': 'GREEDY',
    'elk.layered.considerModelOrder.strategy': 'PREFER_EDGES',
    'elk.layered.nodePlacement.strategy': care === 'great' ? 'NETWORK_SIMPLEX' : 'BRANDES_KOEPF',
    'elk.layered.thoroughness': care === 'great' ? '20' : '3',
    'elk.separateConnectedComponents': 'false',
    // The better way of layering calls itself as deep as the flow is long.
    ...(care === 'none' ? { 'elk.layered.layering.strategy': 'LONGEST_PATH' } : {}),
  };
}

function boxId(name: string): string {
  return `state:${name}`;
}

function startId(name: string): string {
  return `start:${name}`;
}

function startEdge(name: string, index: number): string {
  return `start:${index}:${name}`;
}

function rectangleOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Rectangle>): Rectangle {
  return { x, y, width, height };
}

function wayOf({ sections = [] }: ElkExtendedEdge): Way {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
}
