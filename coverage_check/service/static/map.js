"use strict";
/* The map: claims by level, the found place with its error radius, candidates to pick, a pin to move. Nothing is fetched
   but from this service. */
const Ground = (() => {
  let map, zoom, shapes, marks, asked = null, view = null;
  const LEAST_M = 6000, MOST_M = 20000, NOTHING = { layers: [], dark: false };

  function open(element, onPlace) {
    map = L.map(element, { attributionControl: false, zoomControl: false, zoomSnap: 0.5, keyboard: true, maxZoom: 19 });
    L.control.scale({ imperial: false, maxWidth: 150 }).addTo(map);
    map.setView([0, 0], 1);
    shapes = L.layerGroup().addTo(map);
    marks = L.layerGroup().addTo(map);
    map.on("click", (event) => asked && onPlace(event.latlng, error_m(event.latlng)));
    new ResizeObserver(() => { map.invalidateSize({ animate: false }); if (view) map.fitBounds(view, { animate: false }); }).observe(element);
    map.on("dragstart zoomstart", () => { view = null; });
    Ground.middle = () => onPlace(map.getCenter(), error_m(map.getCenter()));
    Ground.moved = (latlng) => onPlace(latlng, error_m(latlng));
  }

  /* The map's own buttons, in the page's language. */
  function speak(say) {
    if (zoom) zoom.remove();
    zoom = L.control.zoom({ zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
  }

  /* A hand on a map is no surveyor: eight pixels, and never better than 15 m. */
  function error_m(latlng) {
    const at = map.latLngToContainerPoint(latlng);
    return Math.max(15, Math.round(map.distance(latlng, map.containerPointToLatLng(at.add([8, 0])))));
  }

  function icon(sign, verdict = "") {
    const element = document.createElement("span");
    element.className = `place ${verdict}`;
    element.textContent = sign;
    element.style.width = element.style.height = "100%";
    return L.divIcon({ html: element, className: "", iconSize: [30, 30] });
  }

  async function show(decision, say, post, onPick) {
    asked = decision;
    marks.clearLayers();
    shapes.clearLayers();
    const place = decision.location;
    if (!place) return NOTHING;
    map.invalidateSize({ animate: false });
    const others = place.candidates.length > 1 ? place.candidates : [];
    const found = [place.lat, place.lon];
    L.circle(found, { radius: place.cep95_m, className: "error-radius", interactive: false }).addTo(marks);
    const alone = others.length === 0;
    if (alone) {
      const name = `${say("found")}: ${say(decision.verdict)}`;
      const pin = L.marker(found, { icon: icon(SIGNS[decision.verdict], decision.verdict), draggable: true, title: name, alt: name }).addTo(marks);
      pin.on("dragend", () => Ground.moved(pin.getLatLng()));
    }
    others.forEach((candidate, n) => {
      const name = `${say("other_place")} ${n + 1}: ${candidate.label}`;
      L.marker([candidate.lat, candidate.lon], { icon: icon(String(n + 1)), title: name, alt: name })
        .addTo(marks).on("click", () => onPick(candidate));
    });
    const points = L.latLngBounds(others.map((one) => [one.lat, one.lon]));
    const bounds = alone ? L.latLng(found).toBounds(Math.max(2 * place.cep95_m, 2500)) : points.pad(0.3);
    map.fitBounds(bounds, { animate: false });
    view = bounds;
    const middle = bounds.getCenter(), reach_m = Math.max(LEAST_M, map.distance(middle, map.getBounds().getNorthEast()));
    return draw(decision, middle, Math.min(reach_m, MOST_M), say, post);
  }

  /* The layers of the technology that decided and are in force: at most one of each level. */
  async function draw(decision, middle, radius_m, say, post) {
    const first = decision.evidence[0];
    if (!first) return NOTHING;
    const level = (one) => one.level || "no_level";
    const told = decision.evidence.filter((one) => one.technology === first.technology && one.network === first.network
      && one.status !== "not_in_force");
    const wanted = told.filter((one, n) => told.findIndex((other) => level(other) === level(one)) === n);
    if (!wanted.length) return NOTHING;
    const body = { lat: middle.lat, lon: middle.lng, radius_m, layers: wanted.map((one) => one.layer) };
    const answer = await post("/v1/map", body);
    if (asked !== decision) return null;
    const order = ["no_level", "basic", "good", "very_good"];
    /* The pattern stands in the page: as an attribute it is found there by every browser. */
    const hatched = () => ({ className: "no-data", fillColor: "url(#hatch)", fillOpacity: 1 });
    L.geoJSON(answer.no_data, { interactive: false, style: hatched }).addTo(shapes);
    const drawn = answer.layers.sort((a, b) => order.indexOf(level(a)) - order.indexOf(level(b)));
    for (const layer of drawn) {
      L.geoJSON(layer.geometry, { interactive: false, style: () => ({ className: `claim ${level(layer)}`, stroke: true }) }).addTo(shapes);
    }
    return { layers: drawn.map((layer) => ({ technology: layer.technology, level: level(layer) })), dark: answer.no_data.coordinates.length > 0 };
  }

  return { open, show, speak, NOTHING };
})();
