/* The look-up of index_lookup.py and the build of index_build.py, compiled: the same answers and bytes, sooner.
 *
 * grid.py says what the arrays hold, index_lookup.py how a look-up goes; the names here are the same. Nothing here allocates
 * or keeps anything: Python passes arrays in, and gets them filled. The interpreter's lock is released while it works.
 *
 * To agree with NumPy to the bit, every operation is one IEEE operation: no contraction to fused multiply-add, no -ffast-math.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

/* Compile a loop twice, and take the one for wide registers where the machine has them: each lane rounds as ever. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#define COVERED (UINT32_C(1) << 31)
#define HAS_EDGES (UINT32_C(1) << 30)
#define LOW_BITS (HAS_EDGES - 1)
#define RING_BITS 15
#define RINGS ((UINT32_C(1) << RING_BITS) - 1)
#define STATED_DISTANCE_M 5000.0
#define ERROR_BOUND 3.3306690738754716e-16
#define ROUNDING_M 1e-6
#define MARGIN_M 1e-5

enum { OUTSIDE, INSIDE, ON_EDGE };

typedef struct { /* one row of `grids`: GRID in grid.py */
    double west, south, cell_m, cells_a_metre;
    int64_t columns, rows, first_cell, end_cell, first_edge, end_edge, first_vertex, end_vertex, first_ring, end_ring,
        first_polygon, end_polygon;
} Grid;

typedef struct { double x, y; } Point;

typedef struct { /* one layer, its parts of the arrays */
    Grid grid;
    const uint32_t *cells, *edges;
    const Point *vertices;
    uint32_t edges_end, last_vertex;
} Layer;

typedef struct { /* a point's cell, and where that is; -1 beyond the grid */
    uint32_t cell;
    int64_t column, row;
} Place;

/* Orientation: orientation.py ---------------------------------------------------------------------------------------- */

static void two_sum(double a, double b, double *sum, double *lost) {
    double total = a + b, b_part = total - a;
    *lost = (a - (total - b_part)) + (b - b_part);
    *sum = total;
}

static void two_product(double a, double b, double *product, double *lost) {
    double c = 134217729.0 * a, a_high = c - (c - a), a_low = a - a_high;
    double d = 134217729.0 * b, b_high = d - (d - b), b_low = b - b_high;
    *product = a * b;
    *lost = ((a_high * b_high - *product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}

static double exact_sign(Point a, Point b, Point p) {
    const double factors[6][2] = {{a.x, b.y}, {-a.x, p.y}, {-p.x, b.y}, {-a.y, b.x}, {a.y, p.x}, {p.y, b.x}};
    double expansion[12];
    int n = 0;
    for (int i = 0; i < 6; i++) {
        double terms[2];
        two_product(factors[i][0], factors[i][1], &terms[1], &terms[0]);
        for (int j = 0; j < 2; j++) {
            double rest = terms[j];
            for (int k = 0; k < n; k++) two_sum(rest, expansion[k], &rest, &expansion[k]);
            expansion[n++] = rest;
        }
    }
    while (n-- > 0)
        if (expansion[n] != 0) return expansion[n];
    return 0;
}

/* + left of the edge a → b, - right of it, 0 on its line: the sign is exact. */
static inline double orientation(Point a, Point b, Point p) {
    double left = (a.x - p.x) * (b.y - p.y), right = (a.y - p.y) * (b.x - p.x), sign = left - right;
    if (fabs(sign) > ERROR_BOUND * (fabs(left) + fabs(right)) || left == 0 || right == 0) return sign;
    return exact_sign(a, b, p);
}

/* Is the point covered? ---------------------------------------------------------------------------------------------- */

/* Whether the edge, which spans the corner's row, runs west of the corner: a point a hair west, a far smaller hair north. */
static inline int west_of_corner(Point a, Point b, Point corner) {
    double side = orientation(a, b, corner);
    return b.y > a.y ? side < 0 : side > 0;
}

/* Whether the edge, which spans the corner's column line, passes below the corner. */
static inline int below_corner(Point a, Point b, Point corner) {
    double side = orientation(a, b, corner);
    if (side == 0) side = a.y == b.y ? b.x - a.x : b.y - a.y;
    return b.x > a.x ? side > 0 : side < 0;
}

/* Where the cell of a point is; 0 beyond the grid. */
static inline int find_cell(const Grid *grid, double x, double y, int64_t *column, int64_t *row) {
    double east = (x - grid->west) * grid->cells_a_metre, north = (y - grid->south) * grid->cells_a_metre;
    if (!(east >= 0 && north >= 0 && east < (double)grid->columns && north < (double)grid->rows)) return 0;
    *column = (int64_t)east;
    *row = (int64_t)north;
    return 1;
}

/* The list of edges of a cell that has some. A damaged file must not lead out of the arrays: then the list is empty. */
static inline const uint32_t *list_of(const Layer *layer, uint32_t cell, uint32_t *count, int *damaged) {
    uint32_t first = cell & LOW_BITS;
    *count = 0;
    if (first >= layer->edges_end || layer->edges[first] >= layer->edges_end - first) {
        *damaged = 1;
        return layer->edges;
    }
    *count = layer->edges[first];
    return layer->edges + first + 1;
}

/* What rounding can't have decided: orientation() in the flesh, for a walk that needs only "is it negative?". */
typedef struct { int negative, doubtful; } Side;

static inline Side quick_side(double a_x, double a_y, double b_x, double b_y) { /* of the edge, from the point at 0, 0 */
    double left = a_x * b_y, right = a_y * b_x;
    Side side = {left < right, fabs(left - right) <= ERROR_BOUND * (fabs(left) + fabs(right))};
    return side;
}

/* Walk without branches, as they can't be predicted here; -1 if rounding could matter. That the corner's side is compared with
 * the side of both its neighbours on the way spares asking which way the edge runs. */
static int quick_walk(const Layer *layer, const uint32_t *edges, uint32_t count, Point south, Point p) {
    int turns = 0, doubtful = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (edges[i] >= layer->last_vertex) return -1;
        Point a = layer->vertices[edges[i]], b = layer->vertices[edges[i] + 1];
        double a_up = a.y - p.y, b_up = b.y - p.y, a_east = a.x - south.x, b_east = b.x - south.x;
        int spans_row = (a_up <= 0) ^ (b_up <= 0), spans_line = (a_east < 0) ^ (b_east < 0);
        Side at_p = quick_side(a.x - p.x, a_up, b.x - p.x, b_up);
        Side at_north = quick_side(a_east, a_up, b_east, b_up);
        Side at_south = quick_side(a_east, a.y - south.y, b_east, b.y - south.y);
        turns ^= (spans_row & (at_p.negative ^ at_north.negative)) ^ (spans_line & (at_south.negative ^ at_north.negative));
        doubtful |= (spans_row & (at_p.doubtful | at_north.doubtful)) | (spans_line & (at_south.doubtful | at_north.doubtful));
        doubtful |= (a_up == 0) | (b_up == 0);
    }
    return doubtful ? -1 : turns;
}

/* Walk from the cell's corner north to the row of the point, and east to the point. */
static int walk(const Layer *layer, const Place *place, Point p, int *damaged) {
    const Grid *grid = &layer->grid;
    Point south = {grid->west + (double)place->column * grid->cell_m, grid->south + (double)place->row * grid->cell_m};
    Point north = {south.x, p.y};
    uint32_t count;
    const uint32_t *edges = list_of(layer, place->cell, &count, damaged);
    int covered = (int)(place->cell >> 31), turns = quick_walk(layer, edges, count, south, p);
    if (turns >= 0) return covered ^ turns;
    for (uint32_t i = 0; i < count; i++) {
        if (edges[i] >= layer->last_vertex) {
            *damaged = 1;
            break;
        }
        Point a = layer->vertices[edges[i]], b = layer->vertices[edges[i] + 1];
        if ((a.y <= p.y) != (b.y <= p.y)) {
            double side = orientation(a, b, p);
            if (side == 0) return ON_EDGE;
            covered ^= ((side < 0) == (b.y > a.y)) ^ west_of_corner(a, b, north);
        } else if (a.y == p.y || b.y == p.y) {
            if ((a.y == p.y && a.x == p.x) || (b.y == p.y && b.x == p.x)) return ON_EDGE;
            if (a.y == b.y && (a.x < p.x) != (b.x < p.x)) return ON_EDGE;
        }
        if ((a.x < north.x) != (b.x < north.x)) covered ^= below_corner(a, b, south) ^ below_corner(a, b, north);
    }
    return covered;
}

/* How far is the boundary? ------------------------------------------------------------------------------------------- */

static inline double squared_distance(Point a, Point b, Point p) {
    double dx = b.x - a.x, dy = b.y - a.y, from_x = p.x - a.x, from_y = p.y - a.y, to_x = p.x - b.x, to_y = p.y - b.y;
    double along = from_x * dx + from_y * dy, length2 = dx * dx + dy * dy, across = from_x * dy - from_y * dx;
    double to_start = from_x * from_x + from_y * from_y, to_end = to_x * to_x + to_y * to_y;
    double to_line = across * across / (length2 == 0 ? 1 : length2);
    double squared = along >= length2 ? to_end : to_line; /* no branches: they can't be predicted */
    return along <= 0 ? to_start : squared;
}

static inline double gap(double at, double low, double size) { /* from a position to an interval, a little less than it is */
    double outside = (at < low ? low - at : at - low - size) - ROUNDING_M;
    return outside > 0 ? outside : 0;
}

typedef struct { /* a search under way */
    const Layer *layer;
    Point p;
    int64_t column, row;
    double nearest2;
    int *damaged;
} Search;

static inline uint32_t read_at(const Layer *layer, int64_t column, int64_t row) {
    const Grid *grid = &layer->grid;
    if (column < 0 || row < 0 || column >= grid->columns || row >= grid->rows) return LOW_BITS;
    return layer->cells[row * grid->columns + column];
}

/* The columns to the nearest cell with edges in the row of a cell, 0 if it has some. */
static inline int64_t columns_to_edges(uint32_t cell) { return cell & HAS_EDGES ? 0 : (cell & LOW_BITS) >> RING_BITS; }

static void measure(Search *search, int64_t column, int64_t row) {
    const Layer *layer = search->layer;
    uint32_t count, cell = read_at(layer, column, row);
    if (!(cell & HAS_EDGES)) return;
    const uint32_t *edges = list_of(layer, cell, &count, search->damaged);
    double nearest2 = search->nearest2;
    for (uint32_t i = 0; i < count; i++) {
        if (edges[i] >= layer->last_vertex) {
            *search->damaged = 1;
            break;
        }
        double squared = squared_distance(layer->vertices[edges[i]], layer->vertices[edges[i] + 1], search->p);
        if (squared < nearest2) nearest2 = squared;
    }
    search->nearest2 = nearest2;
}

/* Measure to the cells with edges that are nearest, counted from cell to cell; one is in the ring, at worst in its corner. */
static void guess(Search *search, int64_t ring) {
    int64_t least = 2 * (ring + 1) * (ring + 1), row = search->row, columns = 0;
    for (int64_t off = 0; off * off < least; off++)
        for (int64_t sign = -1; sign <= 1; sign += 2) {
            int64_t here = columns_to_edges(read_at(search->layer, search->column, search->row + sign * off));
            if (off * off + here * here >= least) continue;
            least = off * off + here * here;
            row = search->row + sign * off;
            columns = here;
        }
    measure(search, search->column - columns, row);
    measure(search, search->column + columns, row);
}

/* Measure to the cells of a row that reach into the circle. */
static void measure_row(Search *search, int64_t row) {
    const Grid *grid = &search->layer->grid;
    int64_t columns = columns_to_edges(read_at(search->layer, search->column, row));
    int64_t rows = row < search->row ? search->row - row : row - search->row;
    /* Cells so many rows and columns away are at least one less of each away: most rows are settled by this. */
    double least_rows = (double)(rows - (rows > 0)) * grid->cell_m, least_columns = (double)(columns - (columns > 0)) * grid->cell_m;
    if (least_rows * least_rows + least_columns * least_columns > search->nearest2 + 4 * STATED_DISTANCE_M * ROUNDING_M) return;
    double dy = gap(search->p.y, grid->south + (double)row * grid->cell_m, grid->cell_m);
    if (columns == 0) {
        if (rows && dy * dy < search->nearest2) measure(search, search->column, row);
        columns = 1;
    }
    for (int64_t column = search->column + columns; column < grid->columns; column++) {
        double dx = gap(search->p.x, grid->west + (double)column * grid->cell_m, grid->cell_m);
        if (dx * dx + dy * dy >= search->nearest2) break;
        measure(search, column, row);
    }
    for (int64_t column = search->column - columns; column >= 0; column--) {
        double dx = gap(search->p.x, grid->west + (double)column * grid->cell_m, grid->cell_m);
        if (dx * dx + dy * dy >= search->nearest2) break;
        measure(search, column, row);
    }
}

/* The squared distance to the nearest edge, or reach2 if none is nearer; a value up to enough2 may be any such. */
static double nearest_edge(const Layer *layer, const Place *place, Point p, double reach2, double enough2, int *damaged) {
    Search search = {layer, p, place->column, place->row, reach2, damaged};
    int64_t ring = place->cell & HAS_EDGES ? 0 : place->cell & RINGS;
    double away = (double)(ring - 1) * layer->grid.cell_m - ROUNDING_M;
    if (place->column < 0 || (away > 0 && away * away >= reach2)) return reach2;
    if (ring)
        guess(&search, ring);
    else
        measure(&search, place->column, place->row);
    measure_row(&search, place->row);
    for (int64_t off = 1; search.nearest2 > enough2; off++) {
        double least = (double)(off - 1) * layer->grid.cell_m - ROUNDING_M;
        if (least > 0 && least * least >= search.nearest2) break;
        measure_row(&search, place->row - off);
        measure_row(&search, place->row + off);
    }
    return search.nearest2;
}

/* How far is it from beside a point? --------------------------------------------------------------------------------- */

#define BESIDE 4

static const Point beside[BESIDE] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};

typedef struct { /* the places beside a point, and the squared distance from each to the nearest edge found so far */
    double x[BESIDE], y[BESIDE], nearest2[BESIDE];
} Places;

static void measure_beside(const Layer *layer, uint32_t cell, Places *places, int *damaged) {
    uint32_t count;
    const uint32_t *edges = list_of(layer, cell, &count, damaged);
    for (uint32_t i = 0; i < count; i++) {
        if (edges[i] >= layer->last_vertex) {
            *damaged = 1;
            return;
        }
        Point a = layer->vertices[edges[i]], b = layer->vertices[edges[i] + 1];
        for (int k = 0; k < BESIDE; k++) {
            Point p = {places->x[k], places->y[k]};
            double squared = squared_distance(a, b, p);
            places->nearest2[k] = squared < places->nearest2[k] ? squared : places->nearest2[k];
        }
    }
}

/* Measure to the cells of a row that reach into the circle around a point. */
static void measure_row_beside(const Layer *layer, Point p, int64_t column, int64_t row, double reach2, Places *places, int *damaged) {
    const Grid *grid = &layer->grid;
    double dy = gap(p.y, grid->south + (double)row * grid->cell_m, grid->cell_m);
    int64_t way = columns_to_edges(read_at(layer, column, row));
    for (int64_t sign = -1; sign <= 1; sign += 2)
        for (int64_t at = column + sign * (way + (way == 0 && sign > 0)); at >= 0 && at < grid->columns; at += sign) {
            double dx = gap(p.x, grid->west + (double)at * grid->cell_m, grid->cell_m);
            if (dx * dx + dy * dy >= reach2) break;
            uint32_t cell = read_at(layer, at, row);
            if (cell & HAS_EDGES) measure_beside(layer, cell, places, damaged);
        }
}

static double signed_distance(const Layer *layer, Point p, int *damaged);

/* Measure from the places a metre beside a point, from which the nearest edge is so far: one search serves all of them. */
static void distance_beside_one(const Layer *layer, Point p, double distance, double *out, int *damaged) {
    double reach = fabs(distance) + 1 + MARGIN_M;
    Places places;
    Place place = {LOW_BITS, -1, 0};
    for (int k = 0; k < BESIDE; k++) {
        places.x[k] = p.x + beside[k].x;
        places.y[k] = p.y + beside[k].y;
        places.nearest2[k] = INFINITY;
    }
    if (reach + 1 < STATED_DISTANCE_M && find_cell(&layer->grid, p.x, p.y, &place.column, &place.row)) {
        double circle = reach + 1; /* what is near a place beside the point is hardly farther from the point */
        int64_t rows = (int64_t)(circle * layer->grid.cells_a_metre) + 1;
        for (int64_t row = place.row - rows; row <= place.row + rows; row++)
            measure_row_beside(layer, p, place.column, row, circle * circle, &places, damaged);
    }
    for (int k = 0; k < BESIDE; k++) {
        Point there = {places.x[k], places.y[k]};
        /* None within reach is a distance that was not true; and within a metre, the edge may run between. */
        if (places.nearest2[k] <= reach * reach && places.nearest2[k] > 1 + MARGIN_M)
            out[k] = distance < 0 ? -sqrt(places.nearest2[k]) : sqrt(places.nearest2[k]);
        else
            out[k] = signed_distance(layer, there, damaged);
    }
}

/* Many points, some at a time: what the next steps read is fetched while the last ones are still at work ---------------- */

#define AT_ONCE 256

/* Find the cells of some points, and say which of them need more than a look at their cell: those with edges. */
static int64_t find_cells(const Layer *layer, const double *x, const double *y, int64_t n, Place *places, int64_t *busy) {
    const Grid *grid = &layer->grid;
    int64_t n_busy = 0;
    for (int64_t i = 0; i < n; i++) {
        places[i].column = -1;
        if (find_cell(grid, x[i], y[i], &places[i].column, &places[i].row))
            PREFETCH(layer->cells + places[i].row * grid->columns + places[i].column);
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t cell = LOW_BITS;
        if (places[i].column >= 0) cell = layer->cells[places[i].row * grid->columns + places[i].column];
        places[i].cell = cell;
        busy[n_busy] = i;
        n_busy += cell >> 30 & 1;
    }
    for (int64_t k = 0; k < n_busy; k++) PREFETCH(layer->edges + (places[busy[k]].cell & LOW_BITS));
    for (int64_t k = 0; k < n_busy; k++) {
        uint32_t count, last = UINT32_MAX;
        int ignored = 0;
        const uint32_t *edges = list_of(layer, places[busy[k]].cell, &count, &ignored);
        for (uint32_t i = 0; i < count; i++) {
            if (edges[i] >> 2 == last >> 2 || edges[i] >= layer->last_vertex) continue; /* four vertices a cache line */
            last = edges[i];
            PREFETCH(layer->vertices + last);
        }
    }
    return n_busy;
}

typedef enum { LOCATE, DISTANCE, CLASSIFY } Question;

static double distance_to_edge(const Layer *layer, const Place *place, Point p, int located, double reach, double enough2, int *damaged) {
    return located == ON_EDGE ? 0 : sqrt(nearest_edge(layer, place, p, reach * reach, enough2, damaged));
}

static int8_t class_of(const Layer *layer, const Place *place, Point p, int located, double radius, int *damaged) {
    double reach = radius * (1 + 1e-12) + ROUNDING_M;
    if (reach > STATED_DISTANCE_M) reach = STATED_DISTANCE_M;
    if (distance_to_edge(layer, place, p, located, reach, radius * radius * (1 - 1e-12), damaged) <= radius) return 0;
    return located == OUTSIDE ? -1 : 1;
}

static int look_up_all(const Layer *layers, int64_t n_layers, Question question, const double *x, const double *y,
                       const double *radius, int64_t n, void *out) {
    Place places[AT_ONCE];
    int64_t busy[AT_ONCE + 1];
    uint8_t located[AT_ONCE];
    int damaged = 0;
    for (int64_t start = 0; start < n; start += AT_ONCE) {
        int64_t some = n - start < AT_ONCE ? n - start : AT_ONCE;
        for (int64_t k = 0; k < n_layers; k++) {
            const Layer *layer = layers + k;
            int64_t n_busy = find_cells(layer, x + start, y + start, some, places, busy), at = start * n_layers + k;
            for (int64_t i = 0; i < some; i++) located[i] = (uint8_t)(places[i].cell >> 31);
            for (int64_t b = 0; b < n_busy; b++) {
                Point p = {x[start + busy[b]], y[start + busy[b]]};
                located[busy[b]] = (uint8_t)walk(layer, places + busy[b], p, &damaged);
            }
            for (int64_t i = 0; i < some; i++, at += n_layers) {
                Point p = {x[start + i], y[start + i]};
                if (question == LOCATE) {
                    ((uint8_t *)out)[at] = located[i];
                } else if (question == DISTANCE) {
                    double distance = distance_to_edge(layer, places + i, p, located[i], STATED_DISTANCE_M, 0, &damaged);
                    ((double *)out)[at] = located[i] == OUTSIDE ? -distance : distance;
                } else {
                    ((int8_t *)out)[at] = class_of(layer, places + i, p, located[i], radius[start + i], &damaged);
                }
            }
        }
    }
    return damaged;
}

/* Many places around one point ---------------------------------------------------------------------------------------------
 *
 * Its own answer is known. On the straight way from it to a place, each edge crossed turns covered into not covered, or back;
 * all of these edges lie in the box of the places, which holds few. Where rounding could matter, the place is walked to. */

#define NEARBY_CELLS 64
#define NEARBY_EDGES 256

typedef struct {
    Point low, high;
} Box;

static Box box_around(Point point, const Point *offsets, int64_t first, int64_t count) {
    Box box = {{0, 0}, {0, 0}};
    for (int64_t i = first; i < count; i++) {
        box.low.x = offsets[i].x < box.low.x ? offsets[i].x : box.low.x;
        box.low.y = offsets[i].y < box.low.y ? offsets[i].y : box.low.y;
        box.high.x = offsets[i].x > box.high.x ? offsets[i].x : box.high.x;
        box.high.y = offsets[i].y > box.high.y ? offsets[i].y : box.high.y;
    }
    Box moved = {{point.x + box.low.x - MARGIN_M, point.y + box.low.y - MARGIN_M},
                 {point.x + box.high.x + MARGIN_M, point.y + box.high.y + MARGIN_M}};
    return moved;
}

/* List the edges that may come into a box, each once; -1 if there are too many, or the index is damaged. */
static int edges_in(const Layer *layer, const Box *box, uint32_t *found) {
    const Grid *grid = &layer->grid;
    double west = (box->low.x - grid->west) * grid->cells_a_metre, east = (box->high.x - grid->west) * grid->cells_a_metre;
    double south = (box->low.y - grid->south) * grid->cells_a_metre, north = (box->high.y - grid->south) * grid->cells_a_metre;
    if (!(east >= 0 && north >= 0 && west < (double)grid->columns && south < (double)grid->rows)) return 0;
    if (!(east - west < NEARBY_CELLS && north - south < NEARBY_CELLS)) return -1;
    int64_t first = west > 0 ? (int64_t)west : 0, last = east < (double)grid->columns ? (int64_t)east : grid->columns - 1;
    int64_t row = south > 0 ? (int64_t)south : 0, last_row = north < (double)grid->rows ? (int64_t)north : grid->rows - 1;
    if ((last - first + 1) * (last_row - row + 1) > NEARBY_CELLS) return -1;
    int n = 0, damaged = 0, one_cell = first == last && row == last_row;
    for (; row <= last_row; row++)
        for (int64_t column = first; column <= last; column++) {
            uint32_t count, cell = layer->cells[row * grid->columns + column];
            if (!(cell & HAS_EDGES)) continue;
            const uint32_t *edges = list_of(layer, cell, &count, &damaged);
            for (uint32_t i = 0; i < count; i++) {
                if (edges[i] >= layer->last_vertex) return -1;
                Point a = layer->vertices[edges[i]], b = layer->vertices[edges[i] + 1];
                if ((a.x < box->low.x && b.x < box->low.x) || (a.x > box->high.x && b.x > box->high.x) ||
                    (a.y < box->low.y && b.y < box->low.y) || (a.y > box->high.y && b.y > box->high.y))
                    continue;
                int known = 0;
                for (int k = 0; !one_cell && k < n && !known; k++) known = found[k] == edges[i];
                if (known) continue;
                if (n == NEARBY_EDGES) return -1;
                found[n++] = edges[i];
            }
        }
    return damaged ? -1 : n;
}

static uint8_t locate_one(const Layer *layer, Point p, int *damaged) {
    Place place = {LOW_BITS, -1, 0};
    if (find_cell(&layer->grid, p.x, p.y, &place.column, &place.row))
        place.cell = layer->cells[place.row * layer->grid.columns + place.column];
    return (uint8_t)(place.cell & HAS_EDGES ? walk(layer, &place, p, damaged) : (int)(place.cell >> 31));
}

static double signed_distance(const Layer *layer, Point p, int *damaged) {
    Place place = {LOW_BITS, -1, 0};
    if (find_cell(&layer->grid, p.x, p.y, &place.column, &place.row))
        place.cell = layer->cells[place.row * layer->grid.columns + place.column];
    int located = place.cell & HAS_EDGES ? walk(layer, &place, p, damaged) : (int)(place.cell >> 31);
    double distance = distance_to_edge(layer, &place, p, located, STATED_DISTANCE_M, 0, damaged);
    return located == OUTSIDE ? -distance : distance;
}

/* Turn the answers of some places by the edges on the way to them; mark those where rounding could matter. */
WIDE static void cross(Point a, Point b, Point from, const double *x, const double *y, int64_t n, int64_t *turns, int64_t *doubtful) {
    Side here = quick_side(a.x - from.x, a.y - from.y, b.x - from.x, b.y - from.y);
    for (int64_t i = 0; i < n; i++) {
        double a_x = a.x - x[i], a_y = a.y - y[i], b_x = b.x - x[i], b_y = b.y - y[i], back_x = from.x - x[i], back_y = from.y - y[i];
        Side there = quick_side(a_x, a_y, b_x, b_y), at_a = quick_side(a_x, a_y, back_x, back_y);
        Side at_b = quick_side(b_x, b_y, back_x, back_y);
        turns[i] ^= (here.negative ^ there.negative) & (at_a.negative ^ at_b.negative);
        doubtful[i] |= here.doubtful | there.doubtful | at_a.doubtful | at_b.doubtful;
    }
}

/* Pack eight answers, each 0 or 1, into a byte: the multiplication brings each to its place in the uppermost byte. */
static inline uint8_t pack(const uint8_t *bits) {
    uint64_t eight = 0;
    for (int i = 0; i < 8; i++) eight |= (uint64_t)bits[i] << 8 * i;
    return (uint8_t)(eight * UINT64_C(0x0102040810204080) >> 56);
}

/* Tell of each place around a point whether it is covered, a bit each; before the first one, the point's own answer holds. */
static void locate_around_one(const Layer *layer, Point point, const Point *offsets, int here, int64_t first, int64_t count, uint8_t *out, int *damaged) {
    double x[AT_ONCE], y[AT_ONCE];
    int64_t turns[AT_ONCE], doubtful[AT_ONCE];
    uint8_t bits[AT_ONCE];
    uint32_t edges[NEARBY_EDGES];
    int64_t size = (count + 7) / 8, start = first / 8 * 8;
    Box box = box_around(point, offsets, first, count);
    int n_edges = here == ON_EDGE ? -1 : edges_in(layer, &box, edges);
    memset(out, here == OUTSIDE ? 0 : 0xff, (size_t)(start < count ? start / 8 : size));
    for (; start < count; start += AT_ONCE) {
        int64_t some = count - start < AT_ONCE ? count - start : AT_ONCE, before = first - start;
        for (int64_t i = 0; i < some; i++) {
            x[i] = point.x + offsets[start + i].x;
            y[i] = point.y + offsets[start + i].y;
            turns[i] = 0;
            doubtful[i] = n_edges < 0;
        }
        for (int k = 0; k < n_edges; k++)
            cross(layer->vertices[edges[k]], layer->vertices[edges[k] + 1], point, x, y, some, turns, doubtful);
        for (int64_t i = 0; i < some; i++) bits[i] = (uint8_t)((here == INSIDE) ^ turns[i]);
        for (int64_t i = 0; i < some; i++) {
            Point p = {x[i], y[i]};
            if (i < before)
                bits[i] = here != OUTSIDE;
            else if (doubtful[i])
                bits[i] = locate_one(layer, p, damaged) != OUTSIDE;
        }
        memset(bits + some, 0, (size_t)(AT_ONCE - some));
        for (int64_t i = 0; i < some; i += 8) out[(start + i) / 8] = pack(bits + i);
    }
}

/* Lower the squared distances of some places by that to an edge. */
WIDE static void measure_all(Point a, Point b, const double *x, const double *y, int64_t n, double *nearest2) {
    for (int64_t i = 0; i < n; i++) {
        Point p = {x[i], y[i]};
        double squared = squared_distance(a, b, p);
        nearest2[i] = squared < nearest2[i] ? squared : nearest2[i];
    }
}

/* Measure to the nearest edge from places that lie together; all of them have one within reach. */
static void distance_together(const Layer *layer, const double *x, const double *y, int64_t n, double reach, double *out, int *damaged) {
    uint32_t edges[NEARBY_EDGES];
    Box box = {{x[0], y[0]}, {x[0], y[0]}};
    for (int64_t i = 1; i < n; i++) {
        box.low.x = x[i] < box.low.x ? x[i] : box.low.x;
        box.low.y = y[i] < box.low.y ? y[i] : box.low.y;
        box.high.x = x[i] > box.high.x ? x[i] : box.high.x;
        box.high.y = y[i] > box.high.y ? y[i] : box.high.y;
    }
    box.low.x -= reach + MARGIN_M;
    box.low.y -= reach + MARGIN_M;
    box.high.x += reach + MARGIN_M;
    box.high.y += reach + MARGIN_M;
    int n_edges = edges_in(layer, &box, edges);
    for (int64_t i = 0; i < n; i++) out[i] = INFINITY;
    for (int k = 0; k < n_edges; k++) measure_all(layer->vertices[edges[k]], layer->vertices[edges[k] + 1], x, y, n, out);
    for (int64_t i = 0; i < n; i++) {
        Point p = {x[i], y[i]};
        /* On an edge it is 0 whatever rounding says; and none within reach is a reach that was not true. */
        if (out[i] > MARGIN_M && out[i] <= reach * reach) {
            out[i] = sqrt(out[i]);
            continue;
        }
        out[i] = fabs(signed_distance(layer, p, damaged));
    }
}

/* Build: index_build.py ------------------------------------------------------------------------------------------------ */

static inline double lesser(double a, double b) { return a < b ? a : b; }
static inline double greater(double a, double b) { return a > b ? a : b; }

static inline int64_t line(double position, double origin, const Grid *grid) {
    return (int64_t)((position - origin) * grid->cells_a_metre);
}

/* Count the edge in each cell that it touches, or, with `edges`, list it there: each cell holds where its next one goes. */
static void touch(const Grid *grid, const Point *vertices, uint32_t number, uint32_t *cells, uint32_t *edges) {
    Point a = vertices[number], b = vertices[number + 1];
    double west = lesser(a.x, b.x), east = greater(a.x, b.x), south = lesser(a.y, b.y), north = greater(a.y, b.y);
    int64_t row = line(south - MARGIN_M, grid->south, grid), last_row = line(north + MARGIN_M, grid->south, grid);
    int64_t first = line(west - MARGIN_M, grid->west, grid), last = line(east + MARGIN_M, grid->west, grid);
    double height = b.y - a.y, slope = (b.x - a.x) / height;
    int narrow = first == last || fabs(height) <= MARGIN_M;
    for (; row <= last_row; row++) {
        int64_t column = first, last_column = last;
        if (!narrow) {
            double bottom = grid->south + (double)row * grid->cell_m;
            double enters = a.x + (greater(bottom - MARGIN_M, south) - a.y) * slope;
            double leaves = a.x + (lesser(bottom + grid->cell_m + MARGIN_M, north) - a.y) * slope;
            column = line(greater(lesser(enters, leaves), west) - MARGIN_M, grid->west, grid);
            last_column = line(lesser(greater(enters, leaves), east) + MARGIN_M, grid->west, grid);
        }
        for (uint32_t *cell = cells + row * grid->columns + column; column <= last_column; column++, cell++) {
            if (edges) edges[*cell] = number;
            ++*cell;
        }
    }
}

static void touch_all(const Grid *grid, const Point *vertices, const int64_t *rings, int64_t n_rings, uint32_t *cells, uint32_t *edges) {
    for (int64_t ring = 0; ring < n_rings; ring++)
        for (int64_t edge = rings[ring]; edge + 1 < rings[ring + 1]; edge++) touch(grid, vertices, (uint32_t)edge, cells, edges);
}

/* The lists: from the number of edges of each cell to their beginnings. */
static void list_edges(const Grid *grid, const Point *vertices, const int64_t *rings, int64_t n_rings, uint32_t *cells, uint32_t *edges) {
    int64_t n = grid->columns * grid->rows;
    uint32_t start = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!cells[i]) continue;
        uint32_t count = cells[i];
        edges[start] = count;
        cells[i] = start + 1;
        start += count + 1;
    }
    touch_all(grid, vertices, rings, n_rings, cells, edges);
    start = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!cells[i]) continue;
        cells[i] = start | HAS_EDGES;
        start += edges[start] + 1;
    }
}

static inline uint32_t one_on(uint32_t cell) { return cell & HAS_EDGES ? 1 : (cell & RINGS) + 1; }
static inline uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The way to the nearest cell with edges: along each row, then from the rows before and behind, where a step may go aslant. */
static void count_way(const Grid *grid, uint32_t *cells) {
    uint32_t far = (uint32_t)(STATED_DISTANCE_M / grid->cell_m);
    far += 1 + ((double)far * grid->cell_m < STATED_DISTANCE_M);
    int64_t columns = grid->columns, rows = grid->rows;
    for (int64_t row = 0; row < rows; row++) {
        uint32_t *cell = cells + row * columns, way = far;
        for (int64_t i = 0; i < columns; i++) {
            way = cell[i] & HAS_EDGES ? 0 : least(way + 1, far);
            if (way) cell[i] = way;
        }
        way = far;
        for (int64_t i = columns - 1; i >= 0; i--) {
            way = cell[i] & HAS_EDGES ? 0 : least(least(way + 1, far), cell[i]);
            if (way) cell[i] = way | way << RING_BITS;
        }
    }
    for (int pass = 0; pass < 2; pass++)
        for (int64_t k = 1; k < rows; k++) {
            uint32_t *cell = cells + (pass ? rows - 1 - k : k) * columns;
            const uint32_t *beside = pass ? cell + columns : cell - columns;
            for (int64_t i = 0; i < columns; i++) {
                if (cell[i] & HAS_EDGES) continue;
                uint32_t ring = least(cell[i] & RINGS, one_on(beside[i]));
                if (i > 0) ring = least(ring, one_on(beside[i - 1]));
                if (i + 1 < columns) ring = least(ring, one_on(beside[i + 1]));
                cell[i] = (cell[i] & ~RINGS) | ring;
            }
        }
}

/* Whether each cell's lower-left corner is covered: turned by each edge that crosses its row line west of it. */
static void cover_corners(const Grid *grid, const Point *vertices, const int64_t *rings, int64_t n_rings, uint32_t *cells) {
    for (int64_t ring = 0; ring < n_rings; ring++)
        for (int64_t edge = rings[ring]; edge + 1 < rings[ring + 1]; edge++) {
            Point a = vertices[edge], b = vertices[edge + 1];
            int64_t row = line(lesser(a.y, b.y), grid->south, grid), last_row = line(greater(a.y, b.y), grid->south, grid) + 1;
            for (; row <= last_row; row++) {
                Point corner = {0, grid->south + (double)row * grid->cell_m};
                if ((a.y <= corner.y) == (b.y <= corner.y)) continue;
                double x = a.x + (corner.y - a.y) * ((b.x - a.x) / (b.y - a.y));
                int64_t column = (int64_t)((x - grid->west) * grid->cells_a_metre + 0.5);
                corner.x = grid->west + (double)column * grid->cell_m;
                /* Where rounding could matter, the exact predicate decides. */
                int passed = fabs(x - corner.x) < MARGIN_M ? west_of_corner(a, b, corner) : x < corner.x;
                column += !passed;
                if (column < grid->columns) cells[row * grid->columns + column] ^= COVERED;
            }
        }
    for (int64_t row = 0; row < grid->rows; row++) {
        uint32_t covered = 0, *cell = cells + row * grid->columns;
        for (int64_t column = 0; column < grid->columns; column++, cell++) *cell = covered = (covered & COVERED) ^ *cell;
    }
}

/* Python ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Py_buffer views[16];
    int n;
} Buffers;

static void release(Buffers *buffers) {
    while (buffers->n > 0) PyBuffer_Release(&buffers->views[--buffers->n]);
}

/* Take the array at a place in the arguments; its number of items of that size, or -1 with an error set. */
static Py_ssize_t take(Buffers *buffers, PyObject *args, Py_ssize_t place, Py_ssize_t size, int writable, void *data) {
    PyObject *array = PyTuple_GetItem(args, place);
    Py_buffer *view = &buffers->views[buffers->n];
    if (!array || PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | (writable ? PyBUF_WRITABLE : 0)) < 0) return -1;
    buffers->n++;
    if (view->len % size) {
        PyErr_Format(PyExc_TypeError, "array %zd has items of another size", place);
        return -1;
    }
    memcpy(data, &view->buf, sizeof(void *));
    return view->len / size;
}

/* Take the first four arrays, those of the index, which lay_out() reads; the number of its grids, or -1 with an error set. */
static Py_ssize_t take_index(Buffers *buffers, PyObject *args, const Grid **grids) {
    static const Py_ssize_t sizes[] = {4, 4, 16}; /* cells, edges, vertices */
    const void *array;
    Py_ssize_t n_grids = take(buffers, args, 0, sizeof(Grid), 0, grids);
    for (Py_ssize_t k = 0; n_grids >= 0 && k < 3; k++)
        if (take(buffers, args, k + 1, sizes[k], 0, &array) < 0) return -1;
    return n_grids;
}

/* What a look-up gives back: None, or an error if the index leads out of itself. */
static PyObject *looked_up(int damaged) {
    if (!damaged) return Py_NewRef(Py_None);
    PyErr_SetString(PyExc_IndexError, "a number in the index leads out of it");
    return NULL;
}

static int lay_out(const Grid *grids, Py_ssize_t n_grids, const Buffers *arrays, int64_t which, Layer *layer) {
    const Py_ssize_t cells = arrays->views[1].len / 4, edges = arrays->views[2].len / 4, vertices = arrays->views[3].len / 16;
    if (which < 0 || which >= n_grids) return -1;
    const Grid *grid = grids + which;
    int64_t n_cells = grid->end_cell - grid->first_cell;
    if (grid->first_cell < 0 || n_cells < 0 || grid->end_cell > cells || grid->columns < 0 || grid->rows < 0 ||
        grid->columns > INT32_MAX || grid->rows > INT32_MAX || grid->columns * grid->rows != n_cells || grid->first_edge < 0 ||
        grid->end_edge < grid->first_edge || grid->end_edge > edges || grid->end_edge - grid->first_edge > LOW_BITS + 1 ||
        grid->first_vertex < 0 || grid->end_vertex < grid->first_vertex || grid->end_vertex > vertices ||
        grid->end_vertex - grid->first_vertex > LOW_BITS + 1)
        return -1;
    layer->grid = *grid;
    layer->cells = (const uint32_t *)arrays->views[1].buf + grid->first_cell;
    layer->edges = (const uint32_t *)arrays->views[2].buf + grid->first_edge;
    layer->vertices = (const Point *)arrays->views[3].buf + grid->first_vertex;
    layer->edges_end = (uint32_t)(grid->end_edge - grid->first_edge);
    layer->last_vertex = grid->end_vertex > grid->first_vertex ? (uint32_t)(grid->end_vertex - grid->first_vertex - 1) : 0;
    return 0;
}

/* (grids, cells, edges, vertices, layers, x, y[, radius], out) */
static PyObject *ask(PyObject *args, Question question) {
    static const Py_ssize_t answer_size[] = {1, 8, 1};
    Buffers buffers = {.n = 0};
    const Grid *grids;
    const int64_t *chosen;
    const double *x, *y, *radius = NULL;
    void *out;
    PyObject *result = NULL;
    Layer *layers = NULL;
    Py_ssize_t place = 7, n_grids, n_layers, n;
    if (PyTuple_Size(args) != (question == CLASSIFY ? 9 : 8)) return PyErr_Format(PyExc_TypeError, "wrong number of arrays");
    if ((n_grids = take_index(&buffers, args, &grids)) < 0 ||
        (n_layers = take(&buffers, args, 4, 8, 0, &chosen)) < 0 || (n = take(&buffers, args, 5, 8, 0, &x)) < 0)
        goto done;
    Py_ssize_t n_y = take(&buffers, args, 6, 8, 0, &y);
    if (n_y < 0) goto done;
    Py_ssize_t n_radius = question == CLASSIFY ? take(&buffers, args, place++, 8, 0, &radius) : n;
    if (n_radius < 0) goto done;
    Py_ssize_t n_out = take(&buffers, args, place, answer_size[question], 1, &out);
    if (n_out < 0) goto done;
    if (n_y != n || n_radius != n || n_out != n * n_layers) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        goto done;
    }
    layers = PyMem_Calloc((size_t)n_layers + 1, sizeof(Layer));
    if (!layers) {
        PyErr_NoMemory();
        goto done;
    }
    int damaged = 0;
    for (Py_ssize_t k = 0; k < n_layers && !damaged; k++) damaged = lay_out(grids, n_grids, &buffers, chosen[k], layers + k);
    if (!damaged) {
        Py_BEGIN_ALLOW_THREADS
        damaged = look_up_all(layers, n_layers, question, x, y, radius, n, out);
        Py_END_ALLOW_THREADS
    }
    result = looked_up(damaged);
done:
    PyMem_Free(layers);
    release(&buffers);
    return result;
}

static PyObject *locate(PyObject *module, PyObject *args) { return (void)module, ask(args, LOCATE); }
static PyObject *edge_distance(PyObject *module, PyObject *args) { return (void)module, ask(args, DISTANCE); }
static PyObject *classify(PyObject *module, PyObject *args) { return (void)module, ask(args, CLASSIFY); }

typedef struct { /* places around points, as both questions about them have it */
    const Grid *grids;
    const int64_t *chosen, *kind;
    const double *x, *y;
    const Point *offsets;
    Py_ssize_t n_grids, n, n_offsets;
    Layer layer;
} Around;

/* Take the first nine arguments: grids, cells, edges, vertices, layer, x, y, offsets, kind; 0, or -1 with an error set. */
static int take_around(Buffers *buffers, PyObject *args, Around *around) {
    Py_ssize_t n_layers, n_y, n_kind;
    if ((around->n_grids = take_index(buffers, args, &around->grids)) < 0 ||
        (n_layers = take(buffers, args, 4, 8, 0, &around->chosen)) < 0 || (around->n = take(buffers, args, 5, 8, 0, &around->x)) < 0 ||
        (n_y = take(buffers, args, 6, 8, 0, &around->y)) < 0 || (around->n_offsets = take(buffers, args, 7, 16, 0, &around->offsets)) < 0 ||
        (n_kind = take(buffers, args, 8, 8, 0, &around->kind)) < 0)
        return -1;
    if (n_layers == 1 && n_y == around->n && n_kind == around->n) return 0;
    PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    return -1;
}

/* Whether each point has one of the kinds of offsets, of so many places each. */
static int kinds_fit(const Around *around, Py_ssize_t count) {
    int fits = count > 0 && around->n_offsets % count == 0;
    for (Py_ssize_t i = 0; fits && i < around->n; i++) fits = around->kind[i] >= 0 && around->kind[i] < around->n_offsets / count;
    return fits;
}

/* (…, here, first, out, count): out has a row of bytes for each point, and a bit for each of its places. */
static PyObject *locate_around(PyObject *module, PyObject *args) {
    (void)module;
    Buffers buffers = {.n = 0};
    Around around;
    const int64_t *first;
    const uint8_t *here;
    uint8_t *out;
    PyObject *result = NULL;
    if (PyTuple_Size(args) != 13) return PyErr_Format(PyExc_TypeError, "wrong number of arrays");
    Py_ssize_t n_here, n_first, n_out, count = PyLong_AsSsize_t(PyTuple_GetItem(args, 12));
    if (take_around(&buffers, args, &around) < 0 || (n_here = take(&buffers, args, 9, 1, 0, &here)) < 0 ||
        (n_first = take(&buffers, args, 10, 8, 0, &first)) < 0 || (n_out = take(&buffers, args, 11, 1, 1, &out)) < 0)
        goto done;
    const Py_ssize_t n = around.n, width = n ? n_out / n : 0;
    int fits = n_here == n && n_first == n && n_out == n * width && (!n || (kinds_fit(&around, count) && count <= 8 * width));
    for (Py_ssize_t i = 0; fits && i < n; i++) fits = first[i] >= 0;
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        goto done;
    }
    int damaged = lay_out(around.grids, around.n_grids, &buffers, around.chosen[0], &around.layer);
    if (!damaged) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++) {
            Point point = {around.x[i], around.y[i]};
            int64_t from = first[i] < count ? first[i] : count;
            locate_around_one(&around.layer, point, around.offsets + around.kind[i] * count, here[i], from, count, out + i * width, &damaged);
        }
        Py_END_ALLOW_THREADS
    }
    result = looked_up(damaged);
done:
    release(&buffers);
    return result;
}

/* Measure from the picked ones of the places around a point. */
static void distance_around_one(const Around *around, int64_t i, int64_t count, const uint8_t *picked, double reach, double *out, int *damaged) {
    double x[AT_ONCE], y[AT_ONCE], measured[AT_ONCE];
    int64_t place[AT_ONCE], some = 0;
    const Point *offsets = around->offsets + around->kind[i] * count;
    for (int64_t k = 0; k < count; k++) {
        if (picked[k]) {
            x[some] = around->x[i] + offsets[k].x;
            y[some] = around->y[i] + offsets[k].y;
            place[some++] = k;
        }
        if (some == AT_ONCE || (some && k == count - 1)) {
            distance_together(&around->layer, x, y, some, reach, measured, damaged);
            while (some) {
                some--;
                out[place[some]] = measured[some];
            }
        }
    }
}

/* (…, picked, reach, out): picked and out have a row of places for each point. */
static PyObject *distance_around(PyObject *module, PyObject *args) {
    (void)module;
    Buffers buffers = {.n = 0};
    Around around;
    const uint8_t *picked;
    const double *reach;
    double *out;
    PyObject *result = NULL;
    Py_ssize_t n_picked, n_reach, n_out;
    if (PyTuple_Size(args) != 12) return PyErr_Format(PyExc_TypeError, "wrong number of arrays");
    if (take_around(&buffers, args, &around) < 0 || (n_picked = take(&buffers, args, 9, 1, 0, &picked)) < 0 ||
        (n_reach = take(&buffers, args, 10, 8, 0, &reach)) < 0 || (n_out = take(&buffers, args, 11, 8, 1, &out)) < 0)
        goto done;
    const Py_ssize_t n = around.n, count = n ? n_out / n : 0;
    if (n_reach != n || n_picked != n_out || n_out != n * count || (n_out && !kinds_fit(&around, count))) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        goto done;
    }
    int damaged = lay_out(around.grids, around.n_grids, &buffers, around.chosen[0], &around.layer);
    if (!damaged) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++)
            distance_around_one(&around, i, count, picked + i * count, reach[i], out + i * count, &damaged);
        Py_END_ALLOW_THREADS
    }
    result = looked_up(damaged);
done:
    release(&buffers);
    return result;
}

/* (grids, cells, edges, vertices, layer, x, y, distance, out): out has a row of four for each point: east, west, north, south. */
static PyObject *distance_beside(PyObject *module, PyObject *args) {
    (void)module;
    Buffers buffers = {.n = 0};
    const Grid *grids;
    const int64_t *chosen;
    const double *x, *y, *distance;
    double *out;
    PyObject *result = NULL;
    Layer layer;
    Py_ssize_t n_grids, n_layers, n, n_y, n_distance, n_out;
    if (PyTuple_Size(args) != 9) return PyErr_Format(PyExc_TypeError, "wrong number of arrays");
    if ((n_grids = take_index(&buffers, args, &grids)) < 0 || (n_layers = take(&buffers, args, 4, 8, 0, &chosen)) < 0 ||
        (n = take(&buffers, args, 5, 8, 0, &x)) < 0 || (n_y = take(&buffers, args, 6, 8, 0, &y)) < 0 ||
        (n_distance = take(&buffers, args, 7, 8, 0, &distance)) < 0 || (n_out = take(&buffers, args, 8, 8, 1, &out)) < 0)
        goto done;
    if (n_layers != 1 || n_y != n || n_distance != n || n_out != n * BESIDE) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        goto done;
    }
    int damaged = lay_out(grids, n_grids, &buffers, chosen[0], &layer);
    if (!damaged) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++) {
            Point p = {x[i], y[i]};
            distance_beside_one(&layer, p, distance[i], out + i * BESIDE, &damaged);
        }
        Py_END_ALLOW_THREADS
    }
    result = looked_up(damaged);
done:
    release(&buffers);
    return result;
}

/* (grid row, vertices, ring_offsets, cells[, edges]): count the edges of each cell, or from these counts make cells and lists.
 * The caller has checked the polygons and laid the grid around them (grid.py), so every vertex lies well within it. */
static PyObject *build(PyObject *args, int listing) {
    Buffers buffers = {.n = 0};
    const Grid *grid;
    const Point *vertices;
    const int64_t *rings;
    uint32_t *cells, *edges = NULL;
    PyObject *result = NULL;
    Py_ssize_t n_grids, n_vertices, n_rings, n_cells;
    if ((n_grids = take(&buffers, args, 0, sizeof(Grid), 0, &grid)) < 0 || (n_vertices = take(&buffers, args, 1, 16, 0, &vertices)) < 0 ||
        (n_rings = take(&buffers, args, 2, 8, 0, &rings)) < 0 || (n_cells = take(&buffers, args, 3, 4, 1, &cells)) < 0 ||
        (listing && take(&buffers, args, 4, 4, 1, &edges) < 0))
        goto done;
    if (n_grids != 1 || n_rings < 1 || rings[n_rings - 1] != n_vertices || n_cells != grid->columns * grid->rows) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (listing) {
        list_edges(grid, vertices, rings, n_rings - 1, cells, edges);
        count_way(grid, cells);
        cover_corners(grid, vertices, rings, n_rings - 1, cells);
    } else {
        touch_all(grid, vertices, rings, n_rings - 1, cells, NULL);
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    release(&buffers);
    return result;
}

static PyObject *count_edges(PyObject *module, PyObject *args) { return (void)module, build(args, 0); }
static PyObject *fill(PyObject *module, PyObject *args) { return (void)module, build(args, 1); }

static PyMethodDef methods[] = {
    {"locate", locate, METH_VARARGS, "As index_lookup.locate."},
    {"locate_around", locate_around, METH_VARARGS, "As index_lookup.locate_around."},
    {"edge_distance", edge_distance, METH_VARARGS, "As index_lookup.edge_distance."},
    {"distance_around", distance_around, METH_VARARGS, "As index_lookup.distance_around."},
    {"distance_beside", distance_beside, METH_VARARGS, "As index_lookup.distance_beside."},
    {"classify", classify, METH_VARARGS, "As index_lookup.classify."},
    {"count_edges", count_edges, METH_VARARGS, "Count the edges that touch each cell."},
    {"fill", fill, METH_VARARGS, "Make the cells and the lists of edges from the counts."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_lookup", "The compiled look-up.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__lookup(void) { return PyModuleDef_Init(&module); }
