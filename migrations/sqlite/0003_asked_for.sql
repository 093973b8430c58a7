-- What people asked to be sent, among all that waits for an endpoint that is held: found without reading the rest.
CREATE INDEX deliveries_manual ON deliveries (endpoint, id) WHERE status = 'pending' AND next_trigger <> 'schedule';
