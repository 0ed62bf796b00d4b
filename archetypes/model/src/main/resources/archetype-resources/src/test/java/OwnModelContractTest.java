package ${package};

import dev.millrace.spi.model.PackagedModel;
import dev.millrace.tck.PackagedModelContract;

/** What every packaged model promises. */
class OwnModelContractTest extends PackagedModelContract {

    @Override
    protected PackagedModel model() {
        return new OwnModel();
    }
}
