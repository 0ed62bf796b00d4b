/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Route;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.mcp.runtime.RuntimeOffer;
import dev.millrace.plugin.mcp.runtime.ServedModels;
import dev.millrace.plugin.mcp.server.HttpEndpoint;
import dev.millrace.plugin.mcp.server.Offer;
import dev.millrace.plugin.mcp.server.WebExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** Offers the runtime over HTTP, at {@code /mcp} of the server, with its checks of host, origin and token. */
@Component
public final class OverHttp implements ServerExtension {

    /** Where it is. */
    static final String PATH = "/mcp";

    /** Made by Declarative Services or the service loader. */
    public OverHttp() {
        // nothing to set up
    }

    @Override
    public Running start(ServerHost host) {
        return at(PATH, new RuntimeOffer(new ServedModels(host)));
    }

    /** An offer at a path. */
    static Running at(String path, Offer offer) {
        HttpEndpoint endpoint = new HttpEndpoint(offer);
        Route.Action action = (exchange, caller) -> endpoint.handle(new Adapter(exchange, caller));
        List<Route> routes = List.of(Route.post(path, action), Route.get(path, action),
                new Route("DELETE", path, true, action));
        return new Running() {
            @Override
            public List<Route> routes() {
                return routes;
            }

            @Override
            public void close() {
                endpoint.close();
            }
        };
    }

    /** An exchange of the server, as far as the protocol needs it. */
    private record Adapter(Exchange exchange, String caller) implements WebExchange {

        @Override
        public String method() {
            return exchange.method();
        }

        @Override
        public Optional<String> header(String name) {
            return exchange.header(name);
        }

        @Override
        public byte[] body() throws IOException {
            return exchange.body();
        }

        @Override
        public void header(String name, String value) {
            exchange.header(name, value);
        }

        @Override
        public void answer(int status, String type, byte[] content) throws IOException {
            exchange.answer(status, type, content);
        }

        @Override
        public OutputStream stream(int status, String type) throws IOException {
            return exchange.stream(status, type);
        }
    }
}
