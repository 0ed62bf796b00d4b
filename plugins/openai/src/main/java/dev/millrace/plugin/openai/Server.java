/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.api.Metric;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelServer;
import dev.millrace.plugin.http.Access;
import dev.millrace.plugin.http.Gate;
import dev.millrace.plugin.http.MetricsText;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.http.Transport;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Starts servers. A service inside a framework, where extensions come and go. */
@Component(service = {ModelServer.class, Server.class})
public final class Server implements ModelServer {

    private final List<ServerExtension> extensions = new ArrayList<>();
    private final Set<Extensions> running = new HashSet<>();

    /** For OSGi: extensions are bound as they come. */
    @Activate
    public Server() {
    }

    /** The server on a plain class path, with the extensions that stand there. */
    public static final class OnClassPath implements ModelServer {

        private final Server server = new Server();

        /** For the service loader. */
        public OnClassPath() {
            ServiceLoader.load(ServerExtension.class, Server.class.getClassLoader()).forEach(server::addExtension);
        }

        @Override
        public Running start(Millrace millrace, Map<String, String> settings) {
            return server.start(millrace, settings);
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    synchronized void addExtension(ServerExtension extension) {
        extensions.add(extension);
        running.forEach(server -> server.add(extension));
    }

    synchronized void removeExtension(ServerExtension extension) {
        extensions.remove(extension);
        running.forEach(server -> server.remove(extension));
    }

    private synchronized Extensions attach(ServerHost host) {
        Extensions attached = new Extensions(host);
        extensions.forEach(attached::add);
        running.add(attached);
        return attached;
    }

    private static List<Metric> metrics(Millrace millrace, List<Metric> own) {
        List<Metric> all = new ArrayList<>(own);
        all.addAll(millrace.metrics());
        return all;
    }

    private synchronized void detach(Extensions attached) {
        running.remove(attached);
        attached.close();
    }

    @Override
    public Running start(Millrace millrace, Map<String, String> given) {
        ServerSettings settings = ServerSettings.read(given);
        Gate gate = new Gate(settings.running(), settings.runningPerToken(), settings.queuedPerToken());
        Requests requests = new Requests();
        Ids ids = new Ids();
        Models models = new Models(millrace, settings.models(), settings.embeddings(), settings.options());
        Extensions attached = attach(new Hosted(millrace, models, gate));
        try {
            Access access = new Access(settings.address().getAddress().isLoopbackAddress(), settings.hosts(),
                    settings.origins(), settings.tokens());
            Routes routes = new Routes(models, new Talk(gate, ids), ids,
                    () -> MetricsText.of(metrics(millrace, requests.metrics(gate))),
                    attached);
            Transport transport = Transport.start(settings.address(), settings.tls(), settings.limits(),
                    new Door(access, routes, requests, settings.audit()));
            return new Started(transport, models, () -> detach(attached), address(settings, transport.address()));
        } catch (IOException e) {
            detach(attached);
            models.close();
            throw new MillraceException("The server cannot listen on " + settings.address().getHostString() + " port "
                    + settings.address().getPort() + " (" + e.getMessage() + "): choose another port.", e);
        } catch (RuntimeException | Error e) {
            detach(attached);
            models.close();
            throw e;
        }
    }

    private static URI address(ServerSettings settings, InetSocketAddress bound) {
        String host = bound.getAddress().getHostAddress();
        return URI.create(settings.scheme() + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + bound.getPort());
    }

    /** A server that runs. */
    private record Started(Transport transport, Models models, Runnable detach, URI address) implements Running {

        @Override
        public void awaitReady() throws InterruptedException {
            models.await();
        }

        @Override
        public void close() {
            transport.close();
            detach.run();
            models.close();
        }
    }
}
