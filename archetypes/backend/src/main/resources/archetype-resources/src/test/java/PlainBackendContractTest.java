package ${package};

import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.BackendContract;

/** What every backend promises. */
class PlainBackendContractTest extends BackendContract {

    @Override
    protected Backend backend() {
        return new PlainBackend();
    }

    @Override
    protected Program program() {
        // or a file: new GgufFormat().open(...) of dev.millrace.formats
        return madeUp(Feature.ATTENTION);
    }
}
